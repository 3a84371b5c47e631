// Compaction of a conversation: POST /responses/compact, and POST /responses whose last item triggers it.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { FoundMessages } from '../../conversations/message-lookup.ts'
import { responsesBodySchema } from '../../wire/openai/responses/body-schema.ts'
import { compactedAnswer, readCompactionBody, writeCompaction } from '../../wire/openai/responses/compaction.ts'
import { CompactionEventWriter } from '../../wire/openai/responses/compaction-event-writer.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import { readResponseId, writeCompletedResponse } from '../../wire/openai/responses/response-writer.ts'
import { afterSummary, summaryRequest } from '../../wire/openai/responses/summary.ts'
import type { ChatCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import { itemsOf, lookupOf } from './item-references.ts'
import { previousResponseNotFound } from './not-found.ts'
import type { ResponseMessage } from './response-message.ts'
import { threadOf } from './response-thread.ts'

/** Limit on the messages read, in bytes: far beyond any model's context. */
const maxHistoryBytes = 64 * 1024 * 1024

export const compactResponse: Route = {
	method: 'POST',
	path: '/responses/compact',
	bodySchema: responsesBodySchema,
	read({ body }): ChatCall {
		const { fields, dropped: unused } = readCompactionBody(body)
		const read = readResponsesRequest(fields)
		const dropped = [...unused, ...read.dropped]
		const call = { ...compactCall(read, read.input), dropped }
		const { references, previousResponse } = read
		if (references.length === 0 && previousResponse === undefined) return call
		const turn = previousResponse === undefined ? undefined : readResponseId(previousResponse)
		const lookup = lookupOf(references, turn === undefined ? undefined : { type: 'turn', id: turn })
		return {
			...call,
			references: {
				lookup: { ...lookup, historyBytes: maxHistoryBytes },
				insert: (found) => ({ ...compactCall(read, conversationOf(read, found)), dropped }),
			},
		}
	},
}

/** A summary is one text. */
const unsupportedParts = unsupportedPartsOf({ hasPart: ({ type }) => type === 'text' })

/** Nothing is stored: the client keeps the result. */
function compactCall(read: ReadResponsesRequest, input: readonly Message[]): ChatCall {
	const { instructions, echo, metadata, withEncryptedReasoning } = read
	return {
		type: 'chat',
		request: { ...read.request, messages: [...instructions, ...input, summaryRequest] },
		stream: false,
		violation: read.violation,
		writer: {
			completion: (completion, context) => writeCompaction(completion, context, input),
			unsupportedParts,
			stream: (context) => new ResponseEventWriter(context, { echo, metadata, withEncryptedReasoning }),
		},
	}
}

/**
 * The call of a request whose last item triggers a compaction: the response has the summary as its only item. It is not
 * stored, because the client continues from the item.
 *
 * @param message of the WebSocket that the request was read from.
 */
export function triggeredCompaction(read: ReadResponsesRequest, message: ResponseMessage | undefined): ChatCall {
	const {
		request,
		instructions,
		input,
		stream,
		background,
		echo,
		metadata,
		withEncryptedReasoning,
		dropped,
		violation,
	} = read
	if (background)
		throw new ChatError('unsupported', 'A conversation cannot be compacted in the background.', { param: 'background' })
	const continued = message?.continued
	const thread = threadOf({ ...read, store: false }, continued)
	const shape = { echo, metadata, withEncryptedReasoning }
	return {
		type: 'chat',
		request: {
			...request,
			messages: [...instructions, ...(continued?.messages ?? []), ...input, summaryRequest],
		},
		shownHistory: read.shownHistory,
		stream,
		// The connection has no turn to continue afterwards.
		holder: message?.holder(undefined),
		thread: thread === undefined ? undefined : { ...thread, incoming: [...thread.incoming, summaryRequest] },
		dropped: echo.store === true ? [...dropped, 'store'] : dropped,
		violation,
		writer: {
			completion: (completion, identity) => writeCompletedResponse(compactedAnswer(completion), identity, shape),
			unsupportedParts,
			stream: (identity) => new CompactionEventWriter(identity, shape),
		},
	}
}

/** The messages of earlier responses and those of the request, with all references resolved. */
function conversationOf(read: ReadResponsesRequest, found: FoundMessages): readonly Message[] {
	const { references, previousResponse } = read
	if (previousResponse !== undefined && readResponseId(previousResponse) === undefined)
		throw previousResponseNotFound(previousResponse)
	const items = itemsOf(references, found)
	const { input } = references.length === 0 ? read : read.withItems(items)
	if (previousResponse === undefined) return input
	if (found.history === undefined) throw previousResponseNotFound(previousResponse)
	if (found.history.omitted > 0)
		throw new ChatError('context-length-exceeded', 'The conversation is too long to be compacted.')
	return [...afterSummary(found.history.messages.map(({ message }) => message)), ...input]
}
