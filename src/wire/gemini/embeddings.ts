// Embeddings: the request body of `batchEmbedContents`, and its response.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { listField } from '../json/fields.ts'

/** Maximum number of texts in one request. */
export const embeddingsBatch = 100

/** @param model the resource name, such as `models/text-embedding`. */
export function writeEmbeddingsRequest(
	texts: readonly string[],
	model: string,
	outputDimensionality: number | undefined,
): JsonObject {
	return {
		requests: texts.map((text) => ({
			model,
			content: { parts: [{ text }] },
			outputDimensionality,
		})),
	}
}

/**
 * Normalizes the vectors to length 1, like OpenAI's: the upstream does not normalize shortened vectors.
 *
 * @param count number of texts in the request.
 * @throws ChatError `upstream-failed` unless there is one valid vector for each text.
 */
export function readEmbeddings(body: unknown, count: number, title: string): readonly Float32Array[] {
	const vectors = listField(body, 'embeddings').map((embedding) => readVector(listField(embedding, 'values')))
	const valid = vectors.filter((vector) => vector !== undefined)
	if (valid.length !== count || vectors.length !== count)
		throw new ChatError('upstream-failed', `${title} did not return one embedding for each input.`, {
			sent: 'yes',
		})
	return valid
}

function readVector(values: readonly unknown[]): Float32Array | undefined {
	const numbers = values.filter((value) => typeof value === 'number')
	if (numbers.length === 0 || numbers.length !== values.length) return undefined
	const length = Math.hypot(...numbers)
	return Float32Array.from(numbers, (number) => (length === 0 ? 0 : number / length))
}
