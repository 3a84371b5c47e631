// Writes the `response` object. One function writes it for pending, streaming and stored responses.

import type { Choice, Completion } from '../../../chat/completion.ts'
import type { ChatError, ChatErrorKind } from '../../../chat/error.ts'
import type { FinishReason } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { Usage } from '../../../chat/usage.ts'
import type { AnswerMetrics, Metadata, StoredMessage, Turn, TurnState } from '../../../conversations/conversation.ts'
import { type ConversationId, writeConversationId } from '../../../conversations/conversation-id.ts'
import { answerId } from '../../../conversations/message-id.ts'
import { readTurnId, type TurnId } from '../../../conversations/turn-id.ts'
import { textField } from '../../json/fields.ts'
import { writeMetrics } from '../metrics-writer.ts'
import { callTypeOf } from './client-tools.ts'
import { summaryOfEcho, toolsOfEcho, writeEcho } from './echo.ts'
import { writeItemId } from './item-id.ts'
import type { Item, ItemShape } from './item-shape.ts'
import { writeAnswer } from './item-writer.ts'
import { writeSummary } from './summary.ts'
import { unflattenBy } from './tool-name.ts'

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'

/** Fields that are the same in every part of one answer. */
export interface ResponseIdentity {
	/** The turn's id. */
	readonly token: TurnId
	/** The conversation's id as stored. */
	readonly conversation?: ConversationId
	/** Unix time in seconds. */
	readonly created: number
	/** The model's public name. */
	readonly model: string
	/** Unix time in milliseconds. */
	readonly now: () => number
	/** Signatures name their origin. */
	readonly tagsSignatures?: boolean
	/** What the usage costs, if that is known. */
	readonly metricsOf?: ((usage: Usage) => AnswerMetrics) | undefined
	/** Parts of the request that the upstream did not receive; none until it began to answer. */
	readonly dropped?: (() => readonly string[]) | undefined
	/** Number of the conversation's oldest messages that the upstream did not receive. */
	readonly truncated?: number | undefined
}

/** The request fields in a response. */
export interface ResponseShape {
	readonly echo: JsonObject
	readonly metadata: Metadata
	readonly withEncryptedReasoning: boolean
}

export interface ResponseProgress {
	readonly status: ResponseStatus
	readonly output: readonly Item[]
	/** The upstream's name of the model, if it differs. */
	readonly model?: string
	readonly usage?: Usage
	/** Of a stored answer. */
	readonly metrics?: AnswerMetrics | undefined
	readonly finishReason?: FinishReason
	readonly error?: { readonly code: string; readonly message: string }
	/** Unix time in seconds. */
	readonly completed?: number
}

export function writeResponse(
	identity: Omit<ResponseIdentity, 'now'>,
	shape: ResponseShape,
	progress: ResponseProgress,
): JsonObject {
	const { status, error, usage } = progress
	const metrics = progress.metrics ?? (usage === undefined ? undefined : identity.metricsOf?.(usage))
	const conversation = shape.echo.conversation === true ? identity.conversation : undefined
	const dropped = identity.dropped?.() ?? []
	return {
		id: writeResponseId(identity.token),
		object: 'response',
		created_at: identity.created,
		status,
		completed_at: progress.completed ?? null,
		error: error === undefined ? null : { code: writeErrorCode(error.code), message: error.message },
		incomplete_details: status === 'incomplete' ? { reason: incompleteReason(progress.finishReason) } : null,
		model: progress.model ?? identity.model,
		output: progress.output,
		conversation: conversation === undefined ? null : { id: writeConversationId(conversation) },
		...writeEcho(shape.echo),
		usage: usage === undefined ? null : writeResponseUsage(usage),
		metrics: writeMetrics(usage, metrics),
		dropped: dropped.length === 0 ? undefined : dropped,
		truncated: identity.truncated,
		metadata: shape.metadata,
	}
}

export function writeResponseId(token: string): string {
	return `resp_${token}`
}

/** @returns the turn's id, or undefined if this is not the id of a response. */
export function readResponseId(id: string): TurnId | undefined {
	return readTurnId(id, 'resp_')
}

export function itemShape({ echo, withEncryptedReasoning }: ResponseShape, tagsSignatures = false): ItemShape {
	const unflatten = unflattenBy(toolsOfEcho(echo))
	return {
		withEncryptedReasoning,
		tagsSignatures,
		unflatten,
		clientCallOf({ name }) {
			const called = unflatten(name)
			return called.type === 'client' ? callTypeOf(called.tool) : undefined
		},
		summarizes: requestsSummary(echo.reasoning),
	}
}

/** Whether the field `reasoning` of a request requests a summary, by its current name or its former one. */
function requestsSummary(reasoning: unknown): boolean {
	return textField(reasoning, 'summary') !== undefined || textField(reasoning, 'generate_summary') !== undefined
}

/** The item of the summary that replaced the conversation before the response: at most one. */
export function compactionItems({ echo }: { readonly echo: JsonObject }, token: TurnId): readonly Item[] {
	const summary = summaryOfEcho(echo)
	if (summary === undefined) return []
	return [{ type: 'compaction', id: writeItemId('compaction', answerId(token, 0)), ...writeSummary(summary) } as Item]
}

/** Writes a unary answer. */
export function writeCompletedResponse(
	completion: Completion,
	identity: ResponseIdentity,
	shape: ResponseShape,
): JsonObject {
	const [choice] = completion.choices
	const status = choice === undefined ? 'completed' : statusOf(choice.finishReason)
	return writeResponse(identity, shape, {
		status,
		output: [
			...compactionItems(shape, identity.token),
			...(choice === undefined ? [] : writeChoice(choice, identity, status, shape)),
		],
		usage: completion.usage,
		...completedAt(status, identity.now()),
		model: completion.model,
		finishReason: choice?.finishReason,
	})
}

function writeChoice(
	{ parts, logprobs }: Choice,
	{ token, tagsSignatures }: ResponseIdentity,
	status: ResponseStatus,
	shape: ResponseShape,
): readonly Item[] {
	const itemStatus = status === 'incomplete' ? 'incomplete' : 'completed'
	const message = { content: parts }
	return writeAnswer(message, answerId(token, 0), itemStatus, itemShape(shape, tagsSignatures), logprobs)
}

/**
 * Writes a stored turn.
 *
 * @param answer the message of its first answer, if any
 * @param isQueued it waits to run
 */
export function writeTurn(
	turn: Turn,
	answer: StoredMessage | undefined,
	withEncryptedReasoning: boolean,
	isQueued = false,
): JsonObject {
	const { id, conversation, createdAtMs, endedAtMs, echo, metadata, usage, metrics, answered } = turn
	const shape = { echo, metadata, withEncryptedReasoning }
	const status = isQueued && turn.state === 'running' ? 'queued' : statuses[turn.state]
	const error = turn.error ?? (turn.state === 'interrupted' ? interruption : undefined)
	const [first] = turn.answers
	const whole = status === 'completed'
	const identity = {
		token: id,
		conversation,
		created: Math.floor(createdAtMs / 1000),
		model: answered?.model ?? turn.model,
		dropped: () => answered?.dropped ?? [],
		truncated: answered?.truncated,
	}
	return writeResponse(identity, shape, {
		status,
		output: [
			...compactionItems(shape, id),
			...(answer?.message.role === 'assistant'
				? writeAnswer(
						answer.message,
						answer.id,
						whole ? 'completed' : 'incomplete',
						itemShape(shape, true),
						first?.logprobs,
					)
				: []),
		],
		usage,
		metrics,
		error: status === 'failed' ? error : undefined,
		finishReason: first?.finishReason,
		...completedAt(status, endedAtMs),
	})
}

/** Only a completed response has a completion time. */
export function completedAt(status: ResponseStatus, nowMs: number | undefined): { readonly completed?: number } {
	return status !== 'completed' || nowMs === undefined ? {} : { completed: Math.floor(nowMs / 1000) }
}

const statuses: Readonly<Record<TurnState, ResponseStatus>> = {
	running: 'in_progress',
	completed: 'completed',
	incomplete: 'incomplete',
	failed: 'failed',
	cancelled: 'cancelled',
	interrupted: 'failed',
}
const interruption = { code: 'internal', message: 'The server stopped before the response was complete.' }

export function statusOf(reason: FinishReason): 'completed' | 'incomplete' {
	return reason === 'length' || reason === 'content-filter' ? 'incomplete' : 'completed'
}

function incompleteReason(reason: FinishReason | undefined): string {
	return reason === 'content-filter' ? 'content_filter' : 'max_output_tokens'
}

export function errorOf(error: ChatError): { readonly code: string; readonly message: string } {
	return { code: error.code ?? error.kind, message: error.message }
}

/** The error codes of a response are fewer than our kinds. */
const errorCodes: Readonly<Record<ChatErrorKind, string>> = {
	'invalid-request': 'invalid_prompt',
	'context-length-exceeded': 'context_length_exceeded',
	unsupported: 'invalid_prompt',
	'too-large': 'invalid_prompt',
	'request-timeout': 'server_error',
	unauthenticated: 'server_error',
	'invalid-key': 'server_error',
	forbidden: 'server_error',
	'model-not-found': 'invalid_prompt',
	'wrong-operation': 'invalid_prompt',
	'not-found': 'invalid_prompt',
	gone: 'server_error',
	'method-not-allowed': 'server_error',
	conflict: 'server_error',
	'rate-limited': 'rate_limit_exceeded',
	overloaded: 'server_error',
	unavailable: 'server_error',
	'upstream-timeout': 'server_error',
	'upstream-failed': 'server_error',
	cancelled: 'server_error',
	internal: 'server_error',
}

/** @param code one of our kinds, or a more specific code from an upstream */
function writeErrorCode(code: string): string {
	return Object.hasOwn(errorCodes, code) ? errorCodes[code as ChatErrorKind] : code
}

/** Every count is present: clients read them without checking. */
export function writeResponseUsage(usage: Usage): JsonObject {
	return {
		input_tokens: usage.promptTokens,
		input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens ?? 0 },
		output_tokens: usage.completionTokens,
		output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
		total_tokens: usage.promptTokens + usage.completionTokens,
	}
}
