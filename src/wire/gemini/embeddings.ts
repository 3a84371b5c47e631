// Vectors: the body of `batchEmbedContents`, and its answer.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { listField } from '../openai/fields.ts'

/** Most texts of one request. */
export const embeddingsBatch = 100

/** @param model its resource name, as `models/text-embedding`. */
export function writeEmbeddingsRequest(
	texts: readonly string[],
	model: string,
	outputDimensionality: number | undefined,
): JsonObject {
	return {
		requests: texts.map((text) => ({
			model,
			content: { parts: [{ text }] },
			...(outputDimensionality === undefined ? {} : { outputDimensionality }),
		})),
	}
}

/**
 * Vectors of length 1, as OpenAI's are: shortened ones come unscaled.
 *
 * @param count how many texts were sent.
 * @throws ChatError `upstream-failed` for anything but one vector for each.
 */
export function readEmbeddings(body: unknown, count: number, title: string): readonly Float32Array[] {
	const vectors = listField(body, 'embeddings').map((embedding) => readVector(listField(embedding, 'values')))
	const whole = vectors.filter((vector) => vector !== undefined)
	if (whole.length !== count || vectors.length !== count)
		throw new ChatError('upstream-failed', `${title} answered without the vectors that it was asked for.`, {
			sent: 'yes',
		})
	return whole
}

function readVector(values: readonly unknown[]): Float32Array | undefined {
	const numbers = values.filter((value) => typeof value === 'number')
	if (numbers.length === 0 || numbers.length !== values.length) return undefined
	const length = Math.hypot(...numbers)
	return Float32Array.from(numbers, (number) => (length === 0 ? 0 : number / length))
}
