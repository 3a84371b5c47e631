// POST /responses, and POST /responses/input_tokens, which counts the tokens of such a request.

import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import { costMicros } from '../../ledger/entry.ts'
import { responsesWire } from '../../wire/openai/formats.ts'
import { isItemPart } from '../../wire/openai/responses/answer-items.ts'
import { responsesBodySchema } from '../../wire/openai/responses/body-schema.ts'
import { echoOfCompacted } from '../../wire/openai/responses/echo.ts'
import { ResponseEventWriter } from '../../wire/openai/responses/event-writer.ts'
import { type ReadResponsesRequest, readResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import {
	type ResponseIdentity,
	type ResponseShape,
	writeCompletedResponse,
	writeResponse,
} from '../../wire/openai/responses/response-writer.ts'
import {
	afterSummary,
	openingSummary,
	storedSummary,
	summaryOf,
	summaryRequestOf,
	unansweredMessages,
} from '../../wire/openai/responses/summary.ts'
import type { ChatCall, Compaction, CountCall, MessageReferences } from '../call.ts'
import type { Route } from '../dialect.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { AnswerWriter, ResponseContext } from '../writer.ts'
import { triggeredCompaction } from './compact-response.ts'
import { itemsOf, lookupOf } from './item-references.ts'
import { ResponseMessage } from './response-message.ts'
import { originOf, threadOf } from './response-thread.ts'

const conversationHeader = 'x-dragoman-conversation'

export const createResponse: Route = {
	method: 'POST',
	path: '/responses',
	bodySchema: responsesBodySchema,
	read({ body, headers, message }): ChatCall {
		const named = headers.get(conversationHeader)?.trim()
		const read = readResponsesRequest(body, named !== undefined && named !== '' && named !== 'new')
		// A conversation that headers name has all messages.
		const held = message instanceof ResponseMessage && named === undefined ? message : undefined
		const callOf = read.compacts ? triggeredCompaction : chatCall
		return withConversation(read, (complete) => callOf(complete, held), held?.continued?.messages)
	},
}

export const countInputTokens: Route = {
	method: 'POST',
	path: '/responses/input_tokens',
	bodySchema: responsesBodySchema,
	read({ body }): CountCall {
		return withConversation(readResponsesRequest(body), countCall)
	},
}

/**
 * The call, and how the stored items that it refers to and its conversation complete it.
 *
 * @param held the messages of the turns that only the client's connection has.
 */
function withConversation<Requested extends ChatCall | CountCall>(
	given: ReadResponsesRequest,
	callOf: (read: ReadResponsesRequest) => Requested,
	held: readonly Message[] = [],
): Requested & {
	readonly references: MessageReferences<Requested> | undefined
	readonly withHistory: (history: readonly Message[]) => Requested
} {
	const read = held.length === 0 ? given : { ...given, ...given.withHistory(held) }
	const call = callOf(read)
	return { ...call, references: referencesIn(read, call, callOf, held), withHistory: historyOf(read, callOf, held) }
}

/** The call after the messages of its conversation. */
function historyOf<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	callOf: (read: ReadResponsesRequest) => Requested,
	held: readonly Message[],
): (history: readonly Message[]) => Requested {
	return (history) =>
		callOf({ ...read, ...read.withHistory([...history, ...held]), shownHistory: afterSummary(history) })
}

/** The stored items that the request refers to; undefined if there are none. */
function referencesIn<Requested extends ChatCall | CountCall>(
	read: ReadResponsesRequest,
	{ thread }: Requested,
	callOf: (read: ReadResponsesRequest) => Requested,
	held: readonly Message[],
): MessageReferences<Requested> | undefined {
	const { references } = read
	if (references.length === 0) return undefined
	const origin = thread?.origin
	return {
		lookup: lookupOf(references, origin?.type === 'new' ? undefined : origin),
		insert(found) {
			const own = { ...read, ...read.withItems(itemsOf(references, found)) }
			const complete = held.length === 0 ? own : { ...own, ...own.withHistory(held) }
			return { ...callOf(complete), withHistory: historyOf(complete, callOf, held) }
		},
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
		shownHistory: read.shownHistory,
		compaction: compactionOf(read, message, messages),
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

/** @param messages of the request, without instructions. */
function compactionOf(
	read: ReadResponsesRequest,
	message: ResponseMessage | undefined,
	messages: readonly Message[],
): Compaction | undefined {
	const { compactThreshold: thresholdTokens } = read
	if (thresholdTokens === undefined) return undefined
	const retained = unansweredMessages(messages)
	return {
		thresholdTokens,
		summaryRequest: (request) => summaryRequestOf(request, retained.length),
		withSummary(answer) {
			const summary = summaryOf(textOf(answer.choices[0]?.parts ?? []))
			const shown = [openingSummary(summary), ...retained]
			const call = chatCall({ ...read, echo: echoOfCompacted(read.echo, summary) }, message)
			const answered = messages.slice(0, messages.length - retained.length)
			return {
				...call,
				request: { ...call.request, messages: [...read.instructions, ...shown] },
				thread:
					call.thread === undefined
						? undefined
						: { ...call.thread, incoming: [...answered, storedSummary(summary), ...retained] },
				holder: message?.holder(read.store ? undefined : { origin: { type: 'new' }, messages: shown }),
			}
		},
	}
}

function countCall(read: ReadResponsesRequest): CountCall {
	const thread = threadOf({ ...read, store: false })
	return {
		type: 'count',
		request: read.request,
		shownHistory: read.shownHistory,
		thread,
		write: (promptTokens) => ({ object: 'response.input_tokens', input_tokens: promptTokens }),
	}
}

function responseWriter(shape: ResponseShape): AnswerWriter {
	return {
		completion: (completion, context) => writeCompletedResponse(completion, identityOf(context), shape),
		unsupportedParts: unsupportedPartsOf({ hasPart: isItemPart, wire: responsesWire }),
		stream: (context) => new ResponseEventWriter(identityOf(context), shape),
		repeatsAnswer: true,
		accepted: (identity) => writeResponse(identity, shape, { status: 'queued', output: [] }),
	}
}

function identityOf(context: ResponseContext): ResponseIdentity {
	const { price } = context
	if (price === undefined) return context
	return { ...context, metricsOf: (usage) => ({ costMicros: costMicros(price, usage), currency: price.currency }) }
}
