// POST /responses, and POST /responses/input_tokens, which counts the tokens of such a request.

import { responsesWire } from '../../wire/openai/formats.ts'
import { isItemPart } from '../../wire/openai/responses/answer-items.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import {
	type ResponseShape,
	writeCompletedResponse,
	writeResponse,
} from '../../wire/openai/responses/response-writer.ts'
import type { ChatCall, CountCall, MessageReferences } from '../call.ts'
import type { Route } from '../dialect.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { AnswerWriter } from '../writer.ts'
import { itemsOf, lookupOf } from './item-references.ts'
import { ResponseMessage } from './response-message.ts'
import { originOf, threadOf } from './response-thread.ts'

const conversationHeader = 'x-dragoman-conversation'

export const createResponse: Route = {
	method: 'POST',
	path: '/responses',
	read({ body, headers, message }): ChatCall {
		const read = readResponsesRequest(body)
		const callOf = (complete: ReadResponsesRequest) =>
			// A conversation that headers name has all messages.
			chatCall(complete, message instanceof ResponseMessage && !headers.has(conversationHeader) ? message : undefined)
		const call = callOf(read)
		return { ...call, references: referencesIn(read, call, callOf) }
	},
}

export const countInputTokens: Route = {
	method: 'POST',
	path: '/responses/input_tokens',
	read({ body }): CountCall {
		const read = readResponsesRequest(body)
		const call = countCall(read)
		return { ...call, references: referencesIn(read, call, countCall) }
	},
}

/** The stored items that the request refers to; undefined if there are none. */
function referencesIn<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	{ thread }: Requested,
	callOf: (read: ReadResponsesRequest) => Requested,
): MessageReferences<Requested> | undefined {
	const { references } = read
	if (references.length === 0) return undefined
	const origin = thread?.origin
	return {
		lookup: lookupOf(references, origin?.type === 'new' ? undefined : origin),
		insert: (found) => callOf({ ...read, ...read.withItems(itemsOf(references, found)) }),
	}
}

function chatCall(read: ReadResponsesRequest, message: ResponseMessage | undefined): ChatCall {
	const { stream, background, echo, metadata, withEncryptedReasoning, dropped, violation, truncation, generates } = read
	const continued = message?.continued
	const thread = threadOf(read, continued)
	const messages = [...(continued?.messages ?? []), ...read.input]
	const unsaved = read.store ? undefined : { origin: originOf(read, continued), messages }
	return {
		type: 'chat',
		request:
			continued === undefined ? read.request : { ...read.request, messages: [...read.instructions, ...messages] },
		stream,
		generates,
		thread,
		background,
		// Only a stored conversation is truncated.
		dropped: thread === undefined && truncation === 'auto' ? [...dropped, 'truncation'] : dropped,
		violation,
		writer: responseWriter({ echo, metadata, withEncryptedReasoning }),
		holder: message?.holder(unsaved),
	}
}

function countCall(read: ReadResponsesRequest): CountCall {
	const thread = threadOf({ ...read, store: false })
	return {
		type: 'count',
		request: read.request,
		thread,
		write: (promptTokens) => ({ object: 'response.input_tokens', input_tokens: promptTokens }),
	}
}

function responseWriter(shape: ResponseShape): AnswerWriter {
	return {
		completion: (completion, identity) => writeCompletedResponse(completion, identity, shape),
		unsupportedParts: unsupportedPartsOf({ hasPart: isItemPart, wire: responsesWire }),
		stream: (identity) => new ResponseEventWriter(identity, shape),
		accepted: (identity) => writeResponse(identity, shape, { status: 'queued', output: [] }),
	}
}
