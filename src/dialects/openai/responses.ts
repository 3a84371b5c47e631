// POST /responses, and POST /responses/input_tokens, which counts the tokens of such a request.

import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import {
	type ResponseShape,
	writeCompletedResponse,
	writeResponse,
} from '../../wire/openai/responses/response-writer.ts'
import type { AnswerWriter, ChatCall, CountCall, Route } from '../dialect.ts'
import { findItems, threadOf } from './response-thread.ts'

export const createResponse: Route = {
	method: 'POST',
	path: '/responses',
	read: ({ body }) => referring(readResponsesRequest(body), chatCall),
}

export const countInputTokens: Route = {
	method: 'POST',
	path: '/responses/input_tokens',
	read: ({ body }) => referring(readResponsesRequest(body), countCall),
}

/** A call that resolves its item references, if it has any. */
function referring<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	callOf: (read: ReadResponsesRequest) => Requested,
): Requested {
	const call = callOf(read)
	if (read.references.length === 0) return call
	const resolve = async (own: ScopedConversations): Promise<Requested> => {
		const found = await findItems(read.references, call.thread, own)
		return callOf({ ...read, ...read.withItems(found) })
	}
	return { ...call, resolve }
}

function chatCall(read: ReadResponsesRequest): ChatCall {
	const { request, stream, background, echo, metadata, sealReasoning } = read
	const thread = threadOf(read)
	return {
		type: 'chat',
		request,
		stream,
		thread,
		background,
		writer: responseWriter({ echo, metadata, sealReasoning }),
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
		stream: (identity) => new ResponseEventWriter(identity, shape),
		accepted: (identity) => writeResponse(identity, shape, { status: 'queued', output: [] }),
	}
}
