// Reads the response to GET /models, which has the same format in OpenAI's and Anthropic's APIs, with the fields that
// servers add.

import { field } from './fields.ts'

/** A model in an upstream's list. */
export interface UpstreamModel {
	/** The upstream's name for the model. */
	readonly id: string
	/** As reported, such as `text-generation` (OpenGateLLM). */
	readonly type?: string | undefined
	/** Maximum length of prompt and completion together, in tokens, if reported. */
	readonly contextTokens?: number | undefined
}

/** Of vLLM and SGLang; of OpenGateLLM, Albert and Mistral; of OpenRouter; of Groq; of Together. */
const contextFields = ['max_model_len', 'max_context_length', 'context_length', 'context_window'] as const

/**
 * The models of a response, or undefined if it is not a list of models. Some servers send the list without an envelope.
 */
export function readModelList(answer: unknown): readonly UpstreamModel[] | undefined {
	const list: unknown = Array.isArray(answer) ? answer : field(answer, 'data')
	if (!Array.isArray(list)) return undefined
	return list.flatMap((model) => {
		const id = field(model, 'id')
		const type = field(model, 'type')
		const contexts = contextFields.map((name) => readTokenCount(field(model, name)))
		return typeof id === 'string'
			? [
					{
						id,
						type: typeof type === 'string' ? type : undefined,
						contextTokens: contexts.find((tokens) => tokens !== undefined),
					},
				]
			: []
	})
}

/** A number of tokens that is possible; servers write 0 or null for an unknown one. */
export function readTokenCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
