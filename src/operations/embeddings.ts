// Texts in, vectors out: the second operation of a model.

import type { Usage } from '../chat/usage.ts'

export interface EmbeddingRequest {
	readonly model: string
	/** 1 to 2,048 inputs, each a text or token ids; none empty. */
	readonly inputs: readonly (string | readonly number[])[]
	/** Wanted length of each vector; the model's own when absent. */
	readonly dimensions?: number
	readonly user?: string
}

export interface Embeddings {
	/** What the upstream calls the model, where that differs from what was asked. */
	readonly model?: string
	/** One for each input, in order. */
	readonly vectors: readonly Float32Array[]
	readonly usage: Usage
}
