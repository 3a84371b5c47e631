// POST /responses, and POST /responses/input_tokens, which counts the tokens of such a request.

import type { Message } from '../../chat/message.ts'
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
import { triggeredCompaction } from './compact-response.ts'
import { itemsOf, lookupOf } from './item-references.ts'
import { threadOf } from './response-thread.ts'

export const createResponse: Route = {
	method: 'POST',
	path: '/responses',
	read({ body }): ChatCall {
		const read = readResponsesRequest(body)
		const callOf = read.compacts ? triggeredCompaction : chatCall
		return withConversation(read, callOf)
	},
}

export const countInputTokens: Route = {
	method: 'POST',
	path: '/responses/input_tokens',
	read({ body }): CountCall {
		return withConversation(readResponsesRequest(body), countCall)
	},
}

/** The call, and how the stored items that it refers to and its conversation complete it. */
function withConversation<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	callOf: (read: ReadResponsesRequest) => Requested,
): Requested & {
	readonly references: MessageReferences<Requested> | undefined
	readonly withHistory: (history: readonly Message[]) => Requested
} {
	const call = callOf(read)
	return { ...call, references: referencesIn(read, call, callOf), withHistory: historyOf(read, callOf) }
}

/** The call after the messages of its conversation. */
function historyOf<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	callOf: (read: ReadResponsesRequest) => Requested,
): (history: readonly Message[]) => Requested {
	return (history) => callOf({ ...read, ...read.withHistory(history) })
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
		insert(found) {
			const complete = { ...read, ...read.withItems(itemsOf(references, found)) }
			return { ...callOf(complete), withHistory: historyOf(complete, callOf) }
		},
	}
}

function chatCall(read: ReadResponsesRequest): ChatCall {
	const { request, stream, background, echo, metadata, withEncryptedReasoning, dropped, violation, truncation } = read
	const thread = threadOf(read)
	return {
		type: 'chat',
		request,
		stream,
		thread,
		background,
		generates: read.generates,
		// Only a stored conversation is truncated.
		dropped: thread === undefined && truncation === 'auto' ? [...dropped, 'truncation'] : dropped,
		violation,
		writer: responseWriter({ echo, metadata, withEncryptedReasoning }),
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
