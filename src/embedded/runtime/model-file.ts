// The metadata of a GGUF file, as parsed by the library. It does not read weights.

import { z } from 'zod'

const metadataSchema = z.looseObject({
	general: z.looseObject({ architecture: z.string(), name: z.string().optional() }),
	tokenizer: z.looseObject({
		chat_template: z.string().optional(),
		ggml: z.looseObject({
			model: z.string(),
			tokens: z.array(z.string()),
			token_type: z.array(z.number()).optional(),
		}),
	}),
})

/** Under the name of the architecture. 0 means none. */
const poolingSchema = z.looseObject({ pooling_type: z.number() })

export interface ModelFile {
	readonly architecture: string
	/** The model was trained for embeddings, not for text generation. */
	readonly onlyEmbeds: boolean
	/** Jinja, as written by the model's authors. */
	readonly chatTemplate: string | undefined
	/** `gpt2` for byte-level BPE, `llama` for SentencePiece, and others. */
	readonly tokenizer: string
	/** By id, in the tokenizer's own notation. */
	readonly tokens: readonly string[]
	/** By id, in GGUF's numbering: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
	readonly tokenTypes: readonly number[]
}

/** @throws Error for a file without a vocabulary. */
export function readModelFile(metadata: unknown): ModelFile {
	const parsed = metadataSchema.safeParse(metadata)
	if (!parsed.success)
		throw new Error('The model file has no vocabulary that this engine supports.', { cause: parsed.error })
	const { general, tokenizer, ...rest } = parsed.data
	const pooling = poolingSchema.safeParse(rest[general.architecture])
	return {
		architecture: general.architecture,
		onlyEmbeds: pooling.success && pooling.data.pooling_type > 0,
		chatTemplate: tokenizer.chat_template,
		tokenizer: tokenizer.ggml.model,
		tokens: tokenizer.ggml.tokens,
		tokenTypes: tokenizer.ggml.token_type ?? [],
	}
}
