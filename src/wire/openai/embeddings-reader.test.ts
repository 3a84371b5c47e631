// Embeddings, client half against server half.

import { expect, test } from 'bun:test'
import { readEmbeddings } from './embeddings-reader.ts'
import { readEmbeddingsRequest } from './embeddings-request-reader.ts'
import { writeEmbeddingsRequest } from './embeddings-request-writer.ts'
import { writeEmbeddings } from './embeddings-writer.ts'

const usage = { promptTokens: 4, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const
const vectors = [Float32Array.of(0.1, -2.5e-7), Float32Array.of(3, 4)]
const reading = { model: 'm', inputs: 2, title: 'The upstream' }

for (const encoding of ['float', 'base64'] as const) {
	test(`vectors written as ${encoding} come back bit for bit`, () => {
		const body: unknown = JSON.parse(JSON.stringify(writeEmbeddings({ model: 'm-1', vectors, usage }, 'm', encoding)))
		expect(readEmbeddings(body, reading)).toEqual({ model: 'm-1', vectors, usage })
	})
	test(`requests for ${encoding} come back as they were written`, () => {
		for (const inputs of [['a', 'b'], [[1, 2], [3]], ['a']]) {
			const request = { model: 'm', inputs, dimensions: 8, user: 'u' }
			expect(readEmbeddingsRequest(JSON.parse(JSON.stringify(writeEmbeddingsRequest(request, 'm', encoding))))).toEqual(
				{ request, encoding },
			)
		}
	})
}

test('vectors are ordered by their index', () => {
	const data = [
		{ index: 1, embedding: [3, 4] },
		{ index: 0, embedding: [1, 2] },
	]
	const read = readEmbeddings({ data }, reading)
	expect(read.vectors.map((vector) => [...vector])).toEqual([
		[1, 2],
		[3, 4],
	])
	expect(read.usage).toEqual({ ...usage, promptTokens: 0, source: 'counted' })
})

test('a response without exactly one vector for each input is an error', () => {
	const good = { index: 0, embedding: [1] }
	for (const second of [
		undefined,
		{ index: 0, embedding: [1] },
		{ index: 1, embedding: [] },
		{ index: 1, embedding: [null] },
		{ index: 1, embedding: 'AAA=' },
		{ index: 7, embedding: [1] },
	]) {
		expect(() => readEmbeddings({ data: [good, second] }, reading)).toThrow('no vectors for')
	}
	expect(() => readEmbeddings('oops', reading)).toThrow('no vectors for')
})
