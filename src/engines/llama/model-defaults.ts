// Applies the recommended sampling and system prompt of a catalogue model to requests that leave them open. It does not
// know which model is served.

import type { Message } from '../../chat/message.ts'
import type { ChatRequest, Sampling } from '../../chat/request.ts'
import type { ModelDefaults } from '../../weights/catalogue.ts'

/**
 * Applies defaults to parameters that the request leaves open. Sampling, penalty and system prompt are decided
 * separately: they are independent.
 */
export function samplingWithDefaults(
	sampling: Sampling,
	choices: number,
	defaults: ModelDefaults | undefined,
): Sampling {
	if (defaults === undefined || sampling.temperature !== undefined || sampling.topP !== undefined) return sampling
	const { temperature, topP } = choices > 1 ? (defaults.several ?? defaults) : defaults
	return { ...sampling, temperature, topP }
}

/** Sampling for chat requests: the repetition penalty applies only to plain text. */
export function chatSampling(
	{ sampling, choices, responseFormat, tools }: ChatRequest,
	defaults: ModelDefaults | undefined,
): Sampling {
	const chosen = samplingWithDefaults(sampling, choices, defaults)
	const { repetitionPenalty, frequencyPenalty, presencePenalty } = sampling
	const penalty = defaults?.repetitionPenalty
	const penalizes = [repetitionPenalty, frequencyPenalty, presencePenalty].some((one) => one !== undefined)
	if (penalty === undefined || penalizes || responseFormat.type !== 'text' || tools.length > 0) return chosen
	return { ...chosen, repetitionPenalty: penalty }
}

/** Puts the model's system prompt before a conversation that has none. */
export function withSystemPrompt(
	messages: readonly Message[],
	defaults: ModelDefaults | undefined,
): readonly Message[] {
	if (defaults?.system === undefined || messages.some(({ role }) => role === 'system' || role === 'developer'))
		return messages
	return [{ role: 'system', content: [{ type: 'text', text: defaults.system }] }, ...messages]
}
