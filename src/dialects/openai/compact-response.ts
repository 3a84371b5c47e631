// POST /responses/compact

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { OwnConversations } from '../../conversations/own-conversations.ts'
import { readCompactionBody, summaryRequest, writeCompaction } from '../../wire/openai/responses/compaction.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import type { ChatCall, Route } from '../dialect.ts'
import { findItems, threadOf } from './response-thread.ts'

export const compactResponse: Route = {
	method: 'POST',
	path: '/responses/compact',
	read({ body }) {
		const read = readResponsesRequest(readCompactionBody(body))
		const call = compactCall(read, read.request.messages)
		if (read.references.length === 0 && read.previousResponse === undefined) return call
		const resolve = async (own: OwnConversations) => compactCall(read, await conversationOf(read, own))
		return { ...call, resolve }
	},
}

/** Nothing is stored: the client keeps the result. */
function compactCall(read: ReadResponsesRequest, messages: readonly Message[]): ChatCall {
	const { echo, metadata, sealReasoning, front } = read
	return {
		type: 'chat',
		request: { ...read.request, messages: [...messages, summaryRequest] },
		stream: false,
		writer: {
			completion: (completion, identity) => writeCompaction(completion, identity, messages.slice(front)),
			stream: (identity) => new ResponseEventWriter(identity, { echo, metadata, sealReasoning }),
		},
	}
}

/** Limit on the messages read, in bytes: far beyond any model's context. */
const mostBytes = 64 * 1024 * 1024

/** The instructions, the messages of earlier responses, and those of the request, with all references resolved. */
async function conversationOf(read: ReadResponsesRequest, own: OwnConversations): Promise<readonly Message[]> {
	const thread = threadOf(read, read.request)
	const found = await findItems(read.references, thread, own)
	const { messages } = read.references.length === 0 ? read.request : read.withItems(found)
	if (thread?.origin.type !== 'turn') return messages
	const { id, missing } = thread.origin
	const turn = await own.turn(id)
	if (turn === undefined || !turn.stored) throw missing()
	const leaf = turn.answers[0]?.message ?? turn.inputs.at(-1) ?? turn.parent
	const path = leaf === undefined ? undefined : await own.path(turn.conversation, { leaf, maxBytes: mostBytes })
	if (path !== undefined && path.omitted > 0)
		throw new ChatError('context-length-exceeded', 'The conversation is too long to be compacted.')
	const earlier = path?.messages.map(({ message }) => message) ?? []
	return [...messages.slice(0, read.front), ...earlier, ...messages.slice(read.front)]
}
