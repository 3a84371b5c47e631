// Vectors and rankings as providers answer them, in any version of the specification.

import { ChatError } from '../../chat/error.ts'
import type { Ranking } from '../../operations/reranking.ts'
import { countField, field, listField, numberField } from '../../wire/openai/fields.ts'

/**
 * @param count how many texts were sent.
 * @param dimensions how long each vector has to be, where that was asked for.
 * @throws ChatError `upstream-failed` for anything but one such vector for each.
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
		throw new ChatError('upstream-failed', `${title} answered without the vectors that it was asked for.`, {
			sent: 'yes',
		})
	return { vectors, promptTokens: countField(field(answer, 'usage'), 'tokens') ?? 0 }
}

/** @throws ChatError `upstream-failed` for documents that were not sent. */
export function readRanking(answer: unknown, documents: number, title: string): Ranking['results'] {
	const results = listField(answer, 'ranking').map((one) => {
		const [index, score] = [countField(one, 'index'), numberField(one, 'relevanceScore')]
		if (index !== undefined && index < documents && score !== undefined) return { index, score }
		throw new ChatError('upstream-failed', `${title} ranked what it was not asked to.`, { sent: 'yes' })
	})
	return results.sort((a, b) => b.score - a.score)
}
