// How the echo engine treats each field of a request. It has no model, so sampling has no effect and is not reported.

import { dropReporter, type RequestFates } from '../../chat/request-fates.ts'
import type { TextCompletionFates } from '../../operations/text-completions.ts'

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

export const reportEchoDrops = dropReporter(echoRequestFates)

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
