// Readers for embeddings and rankings from providers, in any version of the specification.

import { ChatError } from '../../chat/error.ts'
import type { Ranking } from '../../operations/reranking.ts'
import { countField, field, listField, numberField } from '../../wire/json/fields.ts'

/**
 * @param count the number of texts in the request.
 * @param dimensions the requested length of each vector, if any.
 * @throws ChatError `upstream-failed` unless the response has one valid vector for each text.
 */
export function readVectors(
	answer: unknown,
	count: number,
	dimensions: number | undefined,
	title: string,
): { readonly vectors: readonly Float32Array[]; readonly promptTokens: number } {
	const vectors = listField(answer, 'embeddings').flatMap((vector) => {
		const values: readonly unknown[] = Array.isArray(vector) ? vector : []
		const numbers = values.filter((value) => typeof value === 'number')
		return numbers.length > 0 && numbers.length === values.length ? [Float32Array.from(numbers)] : []
	})
	if (vectors.length !== count || vectors.some(({ length }) => dimensions !== undefined && length !== dimensions))
		throw new ChatError('upstream-failed', `${title} did not return the requested embeddings.`, {
			sent: 'yes',
		})
	return { vectors, promptTokens: countField(field(answer, 'usage'), 'tokens') ?? 0 }
}

/** @throws ChatError `upstream-failed` for documents that are not in the request. */
export function readRanking(answer: unknown, documents: number, title: string): Ranking['results'] {
	const results = listField(answer, 'ranking').map((one) => {
		const [index, score] = [countField(one, 'index'), numberField(one, 'relevanceScore')]
		if (index !== undefined && index < documents && score !== undefined) return { index, score }
		throw new ChatError('upstream-failed', `${title} ranked documents that are not in the request.`, { sent: 'yes' })
	})
	return results.sort((a, b) => b.score - a.score)
}
