// Reads OpenAI's embeddings request into the canonical one.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { EmbeddingRequest } from '../../operations/embeddings.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { schemaError } from './schema-error.ts'

const maxInputs = 2048
const tokens = arrayOf(z.int().min(0)).min(1)

export const embeddingsRequestSchema = z.looseObject({
	model: z.string().min(1),
	input: z.union([
		z.string(),
		arrayOf(z.string()).min(1).max(maxInputs),
		arrayOf(z.int().min(0)).min(1),
		arrayOf(tokens).min(1).max(maxInputs),
	]),
	encoding_format: z.enum(['float', 'base64']).nullish(),
	dimensions: z.int().min(1).max(65_536).nullish(),
	user: z.string().nullish(),
})

export interface ReadEmbeddingsRequest {
	readonly request: EmbeddingRequest
	readonly encoding: 'float' | 'base64'
}

/** @throws ChatError `invalid-request`. */
export function readEmbeddingsRequest(body: unknown): ReadEmbeddingsRequest {
	const parsed = embeddingsRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { model, input, encoding_format: encoding, dimensions, user } = parsed.data
	const inputs = readTexts(input)
	if (inputs.some((one) => one.length === 0))
		throw new ChatError('invalid-request', "Invalid 'input': input cannot be an empty string.", {
			param: 'input',
			code: 'empty_string',
		})
	return {
		request: { model, inputs, dimensions: dimensions ?? undefined, user: user ?? undefined },
		encoding: encoding ?? 'float',
	}
}

type Texts = string | readonly string[] | readonly number[] | readonly (readonly number[])[]

/** One text, one list of token ids, or a list of either, always returned as a list. */
export function readTexts(texts: Texts): readonly (string | readonly number[])[] {
	if (typeof texts === 'string') return [texts]
	return isTokens(texts) ? [texts] : texts
}

function isTokens(texts: Exclude<Texts, string>): texts is readonly number[] {
	return typeof texts[0] === 'number'
}
