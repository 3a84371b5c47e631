// How the echo engine treats each field of a request. It has no model, so sampling has no effect and is not reported.

import type { ChatRequest } from '../../chat/request.ts'
import { dropReporter, dropUnused, type RequestFates } from '../../chat/request-fates.ts'
import type { TextCompletionFates } from '../../operations/text-completions.ts'
import type { EngineCall } from '../engine.ts'

export const echoRequestFates = {
	model: 'unused',
	messages: 'written',
	temperature: 'unused',
	topP: 'unused',
	topK: 'unused',
	minP: 'unused',
	frequencyPenalty: 'unused',
	presencePenalty: 'unused',
	repetitionPenalty: 'unused',
	logitBias: 'unused',
	seed: 'unused',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'written',
	toolChoice: 'written',
	parallelToolCalls: 'unused',
	responseFormat: 'written',
	reasoningEffort: 'dropped',
	reasoningTokens: 'dropped',
	cacheMark: 'unused',
	user: 'unused',
	passthrough: 'translated',
	passthroughWire: 'unused',
} as const satisfies RequestFates

const reportDropped = dropReporter(echoRequestFates)
const noFields: ReadonlySet<string> = new Set()

/**
 * Reports the fields of a request that have no effect on the answer.
 * @throws ChatError `unsupported` if audio is requested.
 */
export function reportUnused(request: ChatRequest, call: EngineCall): void {
	reportUnusedFields(request, call)
	reportDropped(request, (part) => call.drop?.(part))
}

/** Reports the fields without a canonical meaning. @throws ChatError `unsupported` if audio is requested. */
export function reportUnusedFields(
	request: Pick<ChatRequest, 'passthrough' | 'passthroughWire'>,
	call: EngineCall,
): void {
	dropUnused(request, noFields, (part) => call.drop?.(part))
}

export const echoTextCompletionFates = {
	model: 'unused',
	prompts: 'written',
	maxTokens: 'written',
	temperature: 'unused',
	topP: 'unused',
	topK: 'unused',
	minP: 'unused',
	frequencyPenalty: 'unused',
	presencePenalty: 'unused',
	repetitionPenalty: 'unused',
	logitBias: 'unused',
	seed: 'unused',
	stop: 'written',
	choices: 'written',
	echo: 'written',
	logprobs: 'written',
	suffix: 'refused',
	user: 'unused',
	passthrough: 'dropped',
} as const satisfies TextCompletionFates
