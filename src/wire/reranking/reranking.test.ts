import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readRanking } from './ranking-reader.ts'
import { writeRerankRequest } from './rerank-request-writer.ts'

const reading = { model: 'm', documents: 3, title: 'The upstream' }
const request = { model: 'public', query: 'q', documents: ['a', 'b'], top: 1 }

test('requests in both formats', () => {
	expect(writeRerankRequest(request, 'm', 'documents')).toEqual({
		model: 'm',
		query: 'q',
		documents: ['a', 'b'],
		top_n: 1,
	})
	expect(writeRerankRequest(request, 'm', 'texts')).toEqual({ query: 'q', texts: ['a', 'b'], truncate: true })
})

describe('answers, best first', () => {
	const wanted = [
		{ index: 2, score: 0.9 },
		{ index: 0, score: 0.5 },
		{ index: 1, score: -1 },
	]
	test('of vLLM', () => {
		const results = [
			{ index: 2, document: { text: 'c' }, relevance_score: 0.9 },
			{ index: 0, document: { text: 'a' }, relevance_score: 0.5 },
			{ index: 1, document: { text: 'b' }, relevance_score: -1 },
		]
		expect(readRanking({ id: 'x', model: 'm', results, usage: { total_tokens: 56 } }, reading)).toEqual({
			results: wanted,
			usage: { promptTokens: 56, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
		})
	})
	test('of text-embeddings-inference, which reports no tokens', () => {
		const body = [
			{ index: 0, score: 0.5 },
			{ index: 1, score: -1 },
			{ index: 2, score: 0.9 },
		]
		expect(readRanking(body, reading)).toMatchObject({ results: wanted, usage: { promptTokens: 0, source: 'counted' } })
		expect(readRanking(body, { ...reading, top: 2 }).results).toEqual(wanted.slice(0, 2))
	})
	test('of Cohere and of the older format, with another name for the model', () => {
		const results = [{ index: 1, relevance_score: 0.5 }]
		const cohere = { results, meta: { billed_units: { search_units: 1 }, tokens: { input_tokens: 7 } } }
		expect(readRanking(cohere, { ...reading, top: 1 })).toMatchObject({ usage: { promptTokens: 7 } })
		const data = [{ object: 'rerank', index: 1, score: 0.5 }]
		expect(readRanking({ data, model: 'm-2' }, { ...reading, top: 1 })).toMatchObject({
			model: 'm-2',
			results: [{ index: 1, score: 0.5 }],
		})
	})
	test('that lack requested documents are errors', () => {
		for (const body of [{}, 'text', null, { results: [{ index: 7, relevance_score: 1 }] }, [{ index: 0 }]])
			expect(() => readRanking(body, reading)).toThrow(ChatError)
	})
})
