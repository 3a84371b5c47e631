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
	/** What it can do besides text, as reported, with the names of `routing/model.ts`. */
	readonly capabilities?: readonly UpstreamCapability[] | undefined
}

export type UpstreamCapability = 'images' | 'tools' | 'reasoning'

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
						capabilities: readCapabilities(model),
					},
				]
			: []
	})
}

/**
 * What lists say about a model: OpenRouter (`architecture.input_modalities`, `supported_parameters`), Mistral
 * (`capabilities` as flags), Dragoman and llama.cpp's server (`capabilities` as a list). Undefined if they say nothing.
 */
function readCapabilities(model: unknown): readonly UpstreamCapability[] | undefined {
	const capabilities = field(model, 'capabilities')
	const listed = [
		capabilities,
		field(model, 'supported_parameters'),
		field(field(model, 'architecture'), 'input_modalities'),
	].flatMap((list) => (Array.isArray(list) ? list : []))
	const found = capabilitySigns.filter(
		([, names, flag]) => names.some((name) => listed.includes(name)) || field(capabilities, flag) === true,
	)
	return found.length === 0 ? undefined : found.map(([capability]) => capability)
}

const capabilitySigns = [
	['images', ['images', 'image', 'multimodal'], 'vision'],
	['tools', ['tools'], 'function_calling'],
	['reasoning', ['reasoning'], 'reasoning'],
] as const satisfies readonly (readonly [UpstreamCapability, readonly string[], string])[]

/** A number of tokens that is possible; servers write 0 or null for an unknown one. */
export function readTokenCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
