// How a writer treats each field of a request, and how the fields that it drops are reported. It knows no wire.

import { ChatError } from './error.ts'
import { type ChatRequest, hasNames, limitedTopK, marksCache, type Sampling } from './request.ts'

/**
 * - `written`: under the wire's own name.
 * - `translated`: as something else that means the same, or nearly the same; what is lost is reported.
 * - `refused`: a request that needs it fails, because its answer would be wrong.
 * - `dropped`: left out and reported.
 * - `unused`: left out without a report, because it has no effect on what this engine answers.
 */
export type Fate = 'written' | 'translated' | 'refused' | 'dropped' | 'unused'

/** A field of `ChatRequest` or of its sampling, or the cache marks of its parts. */
export type RequestField = Exclude<keyof ChatRequest, 'sampling'> | keyof Sampling | 'cacheMark'

/**
 * What a field may contain, if writers treat it differently from the rest of the field. `lateInstructions` follow a
 * message of the user; `reasoningText` has no signature. Writers report the content that they drop, except names.
 */
export type ContentKind =
	| 'image'
	| 'audio'
	| 'file'
	| 'messageName'
	| 'lateInstructions'
	| 'failedTool'
	| 'resultImage'
	| 'reasoningText'
	| 'jsonMode'
	| 'reasoningOff'

/** Fields that `dropReporter` does not report. Those of `passthrough` are reported one by one, by `passthroughFor`. */
type UndroppableField = 'model' | 'messages' | 'passthrough' | 'passthroughWire'
/** Fields that have an effect on every engine. */
type NeededField = Exclude<UndroppableField, 'passthrough'>
type DroppableField = Exclude<RequestField, UndroppableField>

/**
 * A writer's table of fates. It has every field, so that a new one does not compile until each writer has an answer.
 * docs/fidelity.md has the tables of all engines.
 * Dropped fields are reported in the order of the table.
 */
export type RequestFates = Readonly<
	Record<DroppableField | ContentKind | 'passthrough', Fate> & Record<NeededField, Exclude<Fate, 'dropped'>>
>

/** Receives the name of a part of a request that was left out. The name is that of OpenAI's API. */
export type Drop = (part: string) => void

interface Reported {
	readonly name: string
	/** Whether the request uses this field. */
	readonly isUsed: (request: ChatRequest) => boolean
}

const reported: Readonly<Record<DroppableField | 'messageName', Reported>> = {
	temperature: { name: 'temperature', isUsed: ({ sampling }) => sampling.temperature !== undefined },
	topP: { name: 'top_p', isUsed: ({ sampling }) => sampling.topP !== undefined },
	topK: { name: 'top_k', isUsed: ({ sampling }) => limitedTopK(sampling) !== undefined },
	minP: { name: 'min_p', isUsed: ({ sampling }) => sampling.minP !== undefined },
	frequencyPenalty: { name: 'frequency_penalty', isUsed: ({ sampling }) => (sampling.frequencyPenalty ?? 0) !== 0 },
	presencePenalty: { name: 'presence_penalty', isUsed: ({ sampling }) => (sampling.presencePenalty ?? 0) !== 0 },
	repetitionPenalty: { name: 'repetition_penalty', isUsed: ({ sampling }) => (sampling.repetitionPenalty ?? 1) !== 1 },
	logitBias: { name: 'logit_bias', isUsed: ({ sampling }) => (sampling.logitBias?.size ?? 0) > 0 },
	seed: { name: 'seed', isUsed: ({ sampling }) => sampling.seed !== undefined },
	maxTokens: { name: 'max_tokens', isUsed: ({ maxTokens }) => maxTokens !== undefined },
	stop: { name: 'stop', isUsed: ({ stop }) => stop.length > 0 },
	choices: { name: 'n', isUsed: ({ choices }) => choices !== 1 },
	logprobs: { name: 'logprobs', isUsed: ({ logprobs }) => logprobs !== undefined },
	tools: { name: 'tools', isUsed: ({ tools }) => tools.length > 0 },
	toolChoice: {
		name: 'tool_choice',
		isUsed: ({ tools, toolChoice }) =>
			tools.length > 0 && (toolChoice.type !== 'auto' || toolChoice.only !== undefined),
	},
	parallelToolCalls: {
		name: 'parallel_tool_calls',
		isUsed: ({ tools, parallelToolCalls }) => tools.length > 0 && !parallelToolCalls,
	},
	responseFormat: { name: 'response_format', isUsed: ({ responseFormat }) => responseFormat.type !== 'text' },
	reasoningEffort: { name: 'reasoning_effort', isUsed: ({ reasoningEffort }) => reasoningEffort !== undefined },
	reasoningTokens: { name: 'reasoning_tokens', isUsed: ({ reasoningTokens }) => (reasoningTokens ?? 0) > 0 },
	user: { name: 'user', isUsed: ({ user }) => user !== undefined },
	cacheMark: { name: 'cache_control', isUsed: marksCache },
	messageName: { name: 'messages.name', isUsed: hasNames },
}

/** A function that reports the fields of a request that a writer with these fates drops. */
export function dropReporter(fates: RequestFates): (request: ChatRequest, drop: Drop) => void {
	const byField: ReadonlyMap<string, Reported> = new Map(Object.entries(reported))
	const dropped = Object.entries(fates).flatMap(([field, fate]) => (fate === 'dropped' ? [byField.get(field)] : []))
	return (request, drop) => {
		for (const field of dropped) if (field?.isUsed(request) === true) drop(field.name)
	}
}

/**
 * The request's extra fields if they belong to `wire`, which is undefined for OpenAI's. Those of another wire could
 * mean something else, or nothing, so they are dropped.
 */
export function passthroughFor(
	{ passthrough, passthroughWire }: ChatRequest,
	wire: string | undefined,
	drop: Drop,
): ChatRequest['passthrough'] {
	if (passthroughWire === wire) return passthrough
	refuseOtherAnswer(passthrough)
	for (const [name, value] of Object.entries(passthrough)) if (!isCanonical(name, value)) drop(name)
	return {}
}

/**
 * Reports the extra fields of OpenAI's wire that an engine without a wire of its own does not use, and all those of
 * other wires.
 *
 * @param used names of the fields that the engine uses.
 * @throws ChatError `unsupported` as `refuseOtherAnswer`.
 */
export function dropUnused(
	{ passthrough, passthroughWire }: Pick<ChatRequest, 'passthrough' | 'passthroughWire'>,
	used: ReadonlySet<string>,
	drop: Drop,
): void {
	refuseOtherAnswer(passthrough)
	for (const [name, value] of Object.entries(passthrough)) {
		if (value === null || isCanonical(name, value)) continue
		if (passthroughWire === undefined && (used.has(name) || hasNoEffect(name, value))) continue
		drop(name)
	}
}

/** Fields about the handling of a request, not its answer. */
const fieldsOfHandling: ReadonlySet<string> = new Set([
	'metadata',
	'prompt_cache_key',
	'prompt_cache_retention',
	'safety_identifier',
	'service_tier',
	'store',
])

function hasNoEffect(name: string, value: unknown): boolean {
	return fieldsOfHandling.has(name) || (name === 'modalities' && Array.isArray(value) && !value.includes('audio'))
}

/**
 * Whether the canonical request has the same value, as an effort of reasoning or a limit on it. It is only passed through
 * so that a server of the wire receives it in the client's form.
 */
function isCanonical(name: string, value: unknown): boolean {
	return canonicalPaths.has(name) || (name === 'reasoning.enabled' && value === false)
}

const canonicalPaths: ReadonlySet<string> = new Set(['reasoning.effort', 'reasoning.max_tokens'])

/**
 * @throws ChatError `unsupported` if the answer is requested as audio, or in a format that the canonical request does not
 * represent: one in plain text would be wrong.
 */
export function refuseOtherAnswer({ modalities, response_format: format }: ChatRequest['passthrough']): void {
	if (format !== undefined && format !== null)
		throw new ChatError('unsupported', 'This model does not support this type of response format.', {
			param: 'response_format',
			code: 'unsupported_value',
		})
	if (Array.isArray(modalities) && modalities.includes('audio'))
		throw new ChatError('unsupported', 'This model answers in text only; it cannot answer with audio.', {
			param: 'modalities',
			code: 'unsupported_value',
		})
}

/** @throws ChatError `unsupported` if several choices are requested of a wire that has only one. */
export function requireOneChoice({ choices }: ChatRequest): void {
	if (choices > 1)
		throw new ChatError('unsupported', 'This model supports only one choice per request: set n to 1.', { param: 'n' })
}
