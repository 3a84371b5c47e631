import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { writeRanking } from './ranking-writer.ts'
import { readRerankRequest } from './rerank-request-reader.ts'

describe('requests', () => {
	test('in the current format', () => {
		expect(readRerankRequest({ model: 'm', query: 'q', documents: ['a'], top_n: 1 })).toEqual({
			request: { model: 'm', query: 'q', documents: ['a'], top: 1 },
			older: false,
		})
		expect(readRerankRequest({ model: 'm', query: 'q', documents: ['a'], top_n: null }).request.top).toBeUndefined()
	})
	test('in the older format', () => {
		expect(readRerankRequest({ model: 'm', prompt: 'q', input: ['a'] })).toEqual({
			request: { model: 'm', query: 'q', documents: ['a'] },
			older: true,
		})
	})
	test('that have neither format, both, or no fields', () => {
		for (const body of [
			{ model: 'm', query: 'q', documents: ['a'], prompt: 'q' },
			{ model: 'm', query: 'q' },
			{ model: 'm', query: '', documents: ['a'] },
			{ model: 'm', query: 'q', documents: [] },
			{ model: 'm', query: 'q', documents: [''] },
			{ model: 'm', query: 'q', documents: ['a'], top_n: 0 },
			{ query: 'q', documents: ['a'] },
			null,
		])
			expect(() => readRerankRequest(body)).toThrow(ChatError)
	})
})

test('answers in both formats', () => {
	const ranking = {
		results: [
			{ index: 1, score: 0.5 },
			{ index: 0, score: 0.25 },
		],
		usage: { promptTokens: 10, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
	} as const
	const shape = { id: 'rerank-1', model: 'm', price: { input: 1, output: 1, currency: 'EUR' } }
	expect(writeRanking(ranking, { ...shape, older: false })).toMatchObject({
		...{ object: 'list', id: 'rerank-1', model: 'm' },
		results: [
			{ index: 1, relevance_score: 0.5 },
			{ index: 0, relevance_score: 0.25 },
		],
		usage: { total_tokens: 10, cost: 0.00001 },
	})
	expect(writeRanking(ranking, { ...shape, older: true })).toMatchObject({
		data: [
			{ object: 'rerank', index: 1, score: 0.5 },
			{ object: 'rerank', index: 0, score: 0.25 },
		],
	})
})
