// Wrong requests in great number for every dialect: each is answered, or refused below 500 with an error that clients
// of that dialect can read.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomOf } from '../src/system/random.testing.ts'
import type { DialectClient } from './dialect-clients/dialect-client.ts'
import { dialectClients } from './dialect-clients/list.ts'
import { featureRequests } from './fidelity/requests.ts'
import { mutate } from './mutation.ts'
import { startServer, type TestServer } from './server.ts'

const requests = 1200
const parameters = { temperature: 0.1, stop_sequences: ['x'], max_tokens: 5, topP: 0.9, topK: 3 }
const hi = [{ role: 'user', content: 'hi' }]
const documents = ['cats sleep', 'dogs bark']

/** Operations of each dialect other than chat, by the name of its client. */
const others: Readonly<Record<string, readonly (readonly [path: string, body: object])[]>> = {
	opengatellm: [
		['/opengatellm/v1/rerank', { model: 'echo', query: 'cats', documents, top_n: 1 }],
		['/opengatellm/v1/rerank', { model: 'echo', prompt: 'cats', input: documents }],
		['/opengatellm/v1/embeddings', { model: 'echo', input: documents, encoding_format: 'float' }],
		['/opengatellm/v1/me/keys', { name: 'k', expires: 4_000_000_000 }],
	],
	albert: [
		['/albert/v1/embeddings', { model: 'echo', input: 'x' }],
		['/albert/v1/completions', { model: 'echo', prompt: 'x', max_tokens: 3 }],
		[
			'/albert/v1/chat/completions',
			{ model: 'echo', messages: hi, user: 'u', id: '1f2e3d4c-5b6a-4789-8abc-def012345678' },
		],
	],
	egp: [
		['/v4/chat-completions', { model: 'echo', messages: hi, model_parameters: parameters, instructions: null }],
		['/v2/chat-completions', { model: 'echo', messages: hi, memory_strategy: { name: 'last_k', params: { k: 1 } } }],
		['/v3/completions', { model: 'echo', prompt: 'x', model_parameters: parameters, images: [] }],
		[
			'/egp/v1/agents/execute',
			{
				model: 'echo',
				messages: hi,
				tools: [
					{
						name: 'a',
						description: 'b',
						arguments: { type: 'object', properties: { c: { type: 'string', description: 'd' } } },
					},
				],
			},
		],
		['/v4/models/echo/chat-completions', { prompt: 'x', chat_history: hi, temperature: 1 }],
		['/v4/models/echo/embeddings', { texts: documents }],
		['/v4/models/echo/rerankings', { query: 'cats', documents }],
	],
	'aleph-alpha': [
		[
			'/aleph-alpha/complete',
			{ model: 'echo', prompt: [{ type: 'text', data: 'x' }], maximum_tokens: 3, log_probs: 1, logit_bias: { '5': 1 } },
		],
		['/aleph-alpha/semantic_embed', { model: 'echo', prompt: 'x', representation: 'symmetric', normalize: true }],
		['/aleph-alpha/batch_semantic_embed', { model: 'echo', prompts: documents, representation: 'query' }],
		['/aleph-alpha/instructable_embed', { model: 'echo', input: 'x', instruction: 'y' }],
		['/aleph-alpha/tokenize', { model: 'echo', prompt: 'x', tokens: true, token_ids: true }],
		['/aleph-alpha/detokenize', { model: 'echo', token_ids: [1, 2] }],
		['/aleph-alpha/rerank', { model: 'echo', query: 'cats', documents, top_n: 1 }],
	],
	anthropic: [['/v1/messages/count_tokens', { model: 'echo', messages: hi }]],
}

let server: TestServer
beforeAll(async () => {
	server = await startServer({ config: 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n' })
})
afterAll(() => server.stop())

/** Valid requests of a dialect: plain ones, each feature that it can express, and its other operations. */
function valid(client: DialectClient): readonly (readonly [path: string, body: unknown])[] {
	const question = { model: 'echo', turns: [{ role: 'user', text: 'hi' }] } as const
	const validRequests = [
		question,
		{ ...question, stream: true },
		{ ...question, tool: { name: 'look', parameter: 'place' } },
	].map((question) => client.write(question))
	const plain = validRequests[0]
	if (plain === undefined) throw new Error('no letter')
	return [
		...validRequests.map(({ path, body }) => [path, body] as const),
		...Object.values(featureRequests[client.name] ?? {}).map(
			(change) => [plain.path, change({ ...plain.body })] as const,
		),
		...(others[client.name] ?? []),
	]
}

describe(`${requests} mutated requests are answered or rejected`, () => {
	for (const client of dialectClients)
		test(client.name, async () => {
			const random = randomOf(20_261_123)
			const validRequests = valid(client)
			const { headers } = client.write({ model: 'echo', turns: [{ role: 'user', text: 'hi' }] })
			let [answered, refused] = [0, 0]
			const send = async () => {
				const [path, original] = validRequests[Math.floor(random() * validRequests.length)] ?? ['', {}]
				let body = mutate(original, random)
				while (random() < 0.3) body = mutate(body, random)
				const response = await fetch(server.url + path, {
					method: 'POST',
					headers: { 'content-type': 'application/json', ...headers(server.key) },
					body: JSON.stringify(body) ?? 'null',
				})
				const text = await response.text()
				if (response.status < 300) answered++
				else if (response.status < 400 || response.status >= 500 || client.readError(JSON.parse(text)) === '')
					throw new Error(`${path}: ${response.status} for ${JSON.stringify(body).slice(0, 500)}: ${text}`)
				else refused++
			}
			for (let sent = 0; sent < requests; sent += 40) await Promise.all(Array.from({ length: 40 }, send))
			expect(answered).toBeGreaterThan(requests / 50)
			expect(refused).toBeGreaterThan(requests / 10)
			expect(server.log()).not.toContain('defect')
		}, 60_000)
})

describe('a body that is not JSON is rejected', () => {
	for (const client of dialectClients)
		test(client.name, async () => {
			const { path, headers } = client.write({ model: 'echo', turns: [{ role: 'user', text: 'hi' }] })
			for (const body of [
				'',
				'{',
				'null',
				'"x"',
				'[]',
				'{"model":"echo","messages":'.repeat(3),
				'\ufeff{}',
				'[[[[[['.repeat(50),
			]) {
				const response = await fetch(server.url + path, {
					method: 'POST',
					headers: { 'content-type': 'application/json', ...headers(server.key) },
					body,
				})
				expect([body, [400, 422].includes(response.status)]).toEqual([body, true])
				expect(client.readError(await response.json())).not.toBe('')
			}
		})
})

test('any query is answered or rejected', async () => {
	const values = ['-1', '0', '1e9', 'x', '', '%00', '999999999999999999999', '../..', 'true', 'null']
	for (const path of [
		'/v2/models?page=V',
		'/v4/models?page=V&limit=V',
		'/v5/models?limit=V&starting_after=V&ending_before=V',
		'/v5/chat/completions/models?model_vendor=V',
		'/anthropic/v1/models?limit=V&after_id=V&before_id=V',
		'/opengatellm/v1/me/keys?offset=V&limit=V&order_by=V&order_direction=V',
		'/opengatellm/v1/me/usage?offset=V&limit=V&start_time=V&end_time=V&endpoint=V',
		'/opengatellm/v1/usage?page=V&limit=V&date_from=V',
		'/opengatellm/v1/usage?start_time=V&end_time=V',
		'/albert/v1/chat/history/V',
		'/albert/v1/chat/history/V/V',
		'/aleph-alpha/models/V/tokenizer',
	])
		for (const value of values) {
			const response = await server.call(path.replaceAll('V', value === '%00' ? value : encodeURIComponent(value)))
			expect([path, value, response.status < 500]).toEqual([path, value, true])
			await response.text()
		}
})
