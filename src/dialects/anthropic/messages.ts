// POST /messages

import type { ChatRequest } from '../../chat/request.ts'
import type { RequestHeaders } from '../../http/request-headers.ts'
import type { BlockShape } from '../../wire/anthropic/content-block-writer.ts'
import { messagesWire } from '../../wire/anthropic/formats.ts'
import { writeMessage } from '../../wire/anthropic/message-answer-writer.ts'
import { MessageEventWriter } from '../../wire/anthropic/message-event-writer.ts'
import { readMessageRequest } from '../../wire/anthropic/message-request-reader.ts'
import { messageRequestSchema } from '../../wire/anthropic/message-request-schema.ts'
import { readThread } from '../../wire/anthropic/message-thread.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { ResponseContext } from '../writer.ts'
import { type MessageThread, readThreadCall, threadOf } from './message-thread.ts'

export const messages: Route = {
	method: 'POST',
	path: '/messages',
	bodySchema: messageRequestSchema,
	read({ body, headers }): ChatCall {
		const thread = readThread(body)
		const read = (given: unknown, ref?: MessageThread) => chatCall(given, headers, ref)
		return thread === undefined ? read(body) : readThreadCall(body, thread, read)
	},
}

function chatCall(body: unknown, headers: RequestHeaders, thread: MessageThread | undefined): ChatCall {
	const read = readMessageRequest(body, headers.get('anthropic-beta'))
	const { request, parts, stream, dropped, hidesThinking, ownFeature } = read
	return {
		type: 'chat',
		request,
		parts,
		thread: thread === undefined ? undefined : threadOf(thread, parts),
		stream,
		dropped,
		promptOnly: request.maxTokens === 0,
		need: ownFeature === undefined ? undefined : { wire: messagesWire, error: ownFeature },
		writer: {
			completion: (completion, context) =>
				writeMessage(completion, identify(context, request), shapeOf(context, hidesThinking)),
			unsupportedParts: unsupportedInMessage,
			stream: (context) => new MessageEventWriter(identify(context, request), shapeOf(context, hidesThinking)),
		},
	}
}

const unsupportedInMessage = unsupportedPartsOf({
	hasPart: (part) =>
		part.type === 'provider-item' ? part.wire === messagesWire : part.type !== 'image' && part.type !== 'audio',
	wire: messagesWire,
})

function identify({ token, id = `msg_${token}` }: ResponseContext, { model }: ChatRequest) {
	return { id, model }
}

function shapeOf({ tagsSignatures = false }: ResponseContext, hidesThinking: boolean): BlockShape {
	return { hidesThinking, tagsSignatures }
}
