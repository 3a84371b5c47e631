// What a stored answer cost and how long it took, through the real server: in the last event, the response and the export.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startServer, type TestServer } from './server.ts'

const upstream = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch: () =>
		Response.json({
			id: 'x',
			object: 'chat.completion',
			created: 1,
			model: 'm',
			choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
			usage: {
				...{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
				carbon: { kWh: { min: 0.001, max: 0.003 }, kgCO2eq: { min: 0.0001, max: 0.0003 } },
			},
		}),
})

let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: `
models:
  priced: { route: [echo], price: { input: 100, output: 200, currency: EUR } }
  free: { route: [echo] }
  green: { route: [green] }
upstreams:
  echo: { engine: echo }
  green: { engine: openai-compatible, url: 'http://127.0.0.1:${upstream.port}/v1' }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

interface Metrics {
	readonly cost?: number
	readonly currency?: string
	readonly carbon_grams?: number
	readonly first_token_ms?: number
	readonly output_ms?: number
}
interface Stored {
	readonly id: string
	readonly conversation: { readonly id: string }
	readonly metrics?: Metrics
	readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
}

const json = async <Body>(path: string, body?: unknown) => (await server.call(path, body)).json() as Promise<Body>

async function startConversation(): Promise<string> {
	return (await json<{ readonly id: string }>('/v1/conversations', {})).id
}

async function exported(conversation: string): Promise<readonly (Metrics | null)[]> {
	const { turns } = await json<{ readonly turns: readonly { readonly metrics: Metrics | null }[] }>(
		`/v1/conversations/${conversation}/export`,
	)
	return turns.map(({ metrics }) => metrics)
}

test('a stream has its cost in the last event, and cost and times when it is read again', async () => {
	const conversation = await startConversation()
	const input = 'echo:delay 20 one two three four five'
	const response = await server.call('/v1/responses', { model: 'priced', input, conversation, stream: true })
	const events = await response.text()
	const last = JSON.parse(/event: response\.completed\ndata: (.+)\n/.exec(events)?.[1] ?? '{}')
	const { input_tokens, output_tokens } = last.response.usage
	const cost = (input_tokens * 100 + output_tokens * 200) / 1_000_000
	expect(last.response.metrics).toEqual({ cost, currency: 'EUR' })
	const read = await json<Stored>(`/v1/responses/${last.response.id}`)
	expect(read.metrics).toMatchObject({ cost, currency: 'EUR' })
	expect(read.metrics?.first_token_ms).toBeGreaterThan(0)
	// Four more tokens, 20 ms apart.
	expect(read.metrics?.output_ms).toBeGreaterThanOrEqual(60)
	expect(await exported(conversation)).toEqual([read.metrics ?? null])
})

test('a unary answer has a cost, and times of a stream only', async () => {
	const conversation = await startConversation()
	const made = await json<Stored>('/v1/responses', { model: 'priced', input: 'one two', conversation })
	expect(made.metrics).toEqual({ cost: made.metrics?.cost ?? Number.NaN, currency: 'EUR' })
	expect(made.metrics?.cost).toBeGreaterThan(0)
	expect(await exported(conversation)).toEqual([made.metrics ?? null])
})

test('what is unknown is absent, never 0', async () => {
	const conversation = await startConversation()
	const made = await json<Stored>('/v1/responses', { model: 'free', input: 'one two', conversation })
	expect([made.metrics, await exported(conversation)]).toEqual([undefined, [null]])
})

test('the estimate of carbon that an upstream reports is in grams', async () => {
	const conversation = await startConversation()
	const made = await json<Stored>('/v1/responses', { model: 'green', input: 'one two', conversation })
	expect([made.metrics, await exported(conversation)]).toEqual([{ carbon_grams: 0.2 }, [{ carbon_grams: 0.2 }]])
})
