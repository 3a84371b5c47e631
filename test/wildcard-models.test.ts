// Requests for models that the configuration names by a pattern: what upstream, client and usage records contain.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from './faults/gateway.ts'
import { runCommand, startServer, type TestServer } from './server.ts'

const received: string[] = []
let upstream: ReturnType<typeof Bun.serve>
let server: TestServer

beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			const { model } = (await request.json()) as { readonly model: string }
			received.push(model)
			return Response.json({
				id: 'c',
				object: 'chat.completion',
				created: 1,
				model,
				choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
				usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
			})
		},
	})
	const url = `"http://127.0.0.1:${upstream.port}/v1"`
	server = await startServer({
		config: `
models:
  gpt-4o: { route: direct }
  "gpt-*": { route: direct, price: { input: 1000000, output: 0 } }
  "router/*": { route: routed }
  small: { route: direct, aliases: ["mini-*"] }
upstreams:
  direct: { engine: openai-compatible, url: ${url} }
  routed: { engine: openai-compatible, url: ${url}, model: "vendor/{rest}" }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

const send = async (model: string) => {
	const response = await server.call('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] })
	return { status: response.status, model: ((await response.json()) as { readonly model?: string }).model }
}

test.each([
	['gpt-4o', 'gpt-4o', 'gpt-4o'],
	['gpt-5', 'gpt-5', 'gpt-5'],
	['router/m/x', 'vendor/m/x', 'router/m/x'],
	['mini-3', 'small', 'small'],
])('%s is %s at the upstream, and %s in the response', async (requested, there, here) => {
	expect(await send(requested)).toEqual({ status: 200, model: here })
	expect(received.at(-1)).toBe(there)
})

test('an unknown name is 404, and reaches no upstream', async () => {
	const before = received.length
	for (const name of ['claude', 'gpt-../x', 'gpt', 'router/']) {
		const { status } = await send(name)
		expect([name, status]).toEqual([name, name === 'router/' ? 200 : 404])
	}
	expect(received.slice(before)).toEqual(['vendor/'])
})

test('lists have no families, and one of a family can be read', async () => {
	const { data } = (await (await server.call('/v1/models')).json()) as {
		readonly data: readonly { readonly id: string }[]
	}
	expect(data.map(({ id }) => id)).toEqual(['gpt-4o', 'small'])
	expect(await (await server.call('/v1/models/gpt-9')).json()).toMatchObject({ id: 'gpt-9' })
	expect((await server.call('/v1/models/claude')).status).toBe(404)
})

test('usage and metrics have the name of the family, and its price', async () => {
	await send('gpt-6')
	const usage = await eventually('a usage record', async () => {
		const { stdout } = await runCommand(['usage', '--by', 'model', '--json', '--data', server.data])
		return stdout.includes('"gpt-*"') ? stdout : undefined
	})
	expect(usage).not.toContain('gpt-6')
	const metrics = await (await fetch(`${server.url}/metrics`)).text()
	expect(metrics).toContain('model="gpt-*"')
	expect(metrics).not.toContain('gpt-6')
})
