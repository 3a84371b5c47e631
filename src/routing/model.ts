// A public model name and its properties, from the configuration. Engines do not depend on it.

import { ChatError } from '../chat/error.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'

/** The model types of OpenGateLLM, by which its clients select models. */
export const modelTypes = [
	'text-generation',
	'image-text-to-text',
	'text-embeddings-inference',
	'automatic-speech-recognition',
	'text-classification',
] as const

export type ModelType = (typeof modelTypes)[number]

export interface Model {
	readonly name: string
	readonly type: ModelType
	readonly aliases: readonly string[]
	/** Whether the server reports that it is not ready while this model is unavailable. */
	readonly required: boolean
	readonly ownedBy: string
	/** Maximum length of prompt and completion together, in tokens, if the configuration or the engine specifies it. */
	readonly contextTokens?: number
	/** Counts tokens if the upstream does not report usage. */
	readonly tokenizer: Tokenizer
	/** Names of its upstreams, as configured. */
	readonly route: readonly string[]
	/** Price of its tokens, if configured. */
	readonly price?: Price
}

/** Per million tokens. */
export interface Price {
	readonly input: number
	readonly output: number
	/** Price of cached prompt tokens; `input` if absent. */
	readonly cachedInput?: number
	/** ISO 4217. */
	readonly currency: string
}

/** The models of a deployment, by name and alias. */
export class ModelTable {
	private readonly byName = new Map<string, Model>()
	readonly all: readonly Model[]

	/** @throws Error if two models share a name or alias. */
	constructor(models: readonly Model[]) {
		this.all = models
		for (const model of models) {
			for (const name of [model.name, ...model.aliases]) {
				if (this.byName.has(name)) throw new Error(`two models have the name or alias '${name}'`)
				this.byName.set(name, model)
			}
		}
	}

	/** @throws ChatError `model-not-found`. */
	find(name: string): Model {
		const model = this.byName.get(name)
		if (model !== undefined) return model
		const shown = name.length <= 200 ? name : `${name.slice(0, 200)}…`
		throw new ChatError('model-not-found', `The model \`${shown}\` does not exist or you do not have access to it.`)
	}
}
