// A name that clients ask for, and what stands behind it. Data from the configuration; engines know nothing of it.

import { ChatError } from '../chat/error.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'

/** What a model is for, in OpenGateLLM's words, which its clients choose models by. */
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
	/** The server is not ready while this model cannot answer. */
	readonly required: boolean
	readonly ownedBy: string
	/** Longest prompt and answer together, in tokens, where the configuration or the engine tells. */
	readonly contextTokens?: number
	/** Counts its tokens where no upstream does. */
	readonly tokenizer: Tokenizer
	/** Names of the upstreams that serve it, as configured. */
	readonly route: readonly string[]
	/** What its tokens cost, where the configuration tells. */
	readonly price?: Price
}

/** Per million tokens. */
export interface Price {
	readonly input: number
	readonly output: number
	/** Of the prompt's tokens that came from a cache; as `input` where absent. */
	readonly cachedInput?: number
	/** ISO 4217. */
	readonly currency: string
}

/** The models of a deployment, found by name or alias. */
export class ModelTable {
	private readonly byName = new Map<string, Model>()
	readonly all: readonly Model[]

	/** @throws Error where a name or alias stands for two models. */
	constructor(models: readonly Model[]) {
		this.all = models
		for (const model of models) {
			for (const name of [model.name, ...model.aliases]) {
				if (this.byName.has(name)) throw new Error(`two models are called '${name}'`)
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
