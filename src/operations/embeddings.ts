// Embeddings: one vector for each input text.

import { ChatError } from '../chat/error.ts'
import type { Usage } from '../chat/usage.ts'

export interface EmbeddingRequest {
	readonly model: string
	/** 1 to 2,048 inputs, each a text or token ids; none empty. */
	readonly inputs: readonly (string | readonly number[])[]
	/** Requested length of each vector; the model's default if absent. */
	readonly dimensions?: number
	readonly user?: string
}

export interface Embeddings {
	/** The upstream's name for the model, if it differs from the requested name. */
	readonly model?: string
	/** One for each input, in the same order. */
	readonly vectors: readonly Float32Array[]
	readonly usage: Usage
}

/** An input that is a text. @throws ChatError `unsupported` for token ids, which most APIs do not accept. */
export function textOnly(input: EmbeddingRequest['inputs'][number]): string {
	if (typeof input === 'string') return input
	throw new ChatError('unsupported', 'This upstream accepts text, not token ids.', { param: 'input' })
}
