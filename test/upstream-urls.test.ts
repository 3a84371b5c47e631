// Parts of an upstream's URL other than host and path: a real server is started with it, and a loopback server records
// what arrives.

import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { runCommand, startServer, temporaryFolder } from './server.ts'

interface Recorded {
	readonly line: string
	readonly authorization: string | null
}

const recorded: Recorded[] = []
const peer = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	async fetch(request) {
		const { pathname, search } = new URL(request.url)
		const authorization = request.headers.get('authorization')
		recorded.push({ line: `${request.method} ${pathname}${search}`, authorization })
		if (pathname.endsWith('/models')) return Response.json({ data: [] })
		if (pathname.endsWith('/tokenize')) return Response.json({ tokens: [1], count: 1, max_model_len: 10 })
		// An upstream that repeats what it was sent, as some do in their errors.
		return Response.json({ error: { message: `no: ${request.url} ${authorization} secret-pw/ä` } }, { status: 400 })
	},
})
const address = `127.0.0.1:${peer.port}`
const basic = `Basic ${Buffer.from('me:secret-pw/ä').toString('base64')}`
const userinfo = 'me:secret-pw%2F%C3%A4'
const config = `
models:
  openai: { route: [openai] }
  anthropic: { route: [anthropic] }
  gemini: { route: [gemini] }
upstreams:
  openai: { engine: openai-compatible, url: "http://${userinfo}@${address}/openai/deployments/gpt/?api-version=2024-06-01", health: { path: /models, intervalMs: 100 } }
  anthropic: { engine: anthropic, url: "http://${userinfo}@${address}/v1?beta=true" }
  gemini: { engine: gemini, url: "http://${userinfo}@${address}/v1beta?tenant=a%20b", model: g }
telemetry: { otlp: { endpoint: "http://${userinfo}@${address}/otel/?env=prod", intervalMs: 100 } }
`
const server = await startServer({ config })
afterAll(async () => {
	await server.stop()
	await peer.stop(true)
})

async function arrived(line: string): Promise<Recorded> {
	for (const untilMs = performance.now() + 20_000; performance.now() < untilMs; await Bun.sleep(10)) {
		const found = recorded.find((one) => one.line === line)
		if (found !== undefined) return found
	}
	throw new Error(`${line} did not arrive: ${JSON.stringify(recorded)}`)
}

const hello = (model: string, stream: boolean) => ({ model, stream, messages: [{ role: 'user', content: 'hi' }] })

describe('the query and the credentials of a URL are sent', () => {
	const cases: readonly (readonly [model: string, stream: boolean, line: string])[] = [
		['openai', false, 'POST /openai/deployments/gpt/chat/completions?api-version=2024-06-01'],
		['anthropic', true, 'POST /v1/messages?beta=true'],
		['gemini', false, 'POST /v1beta/models/g:generateContent?tenant=a%20b'],
		['gemini', true, 'POST /v1beta/models/g:streamGenerateContent?tenant=a%20b&alt=sse'],
	]
	for (const [model, stream, line] of cases)
		test(`${model}, ${stream ? 'streamed' : 'unary'}`, async () => {
			const answer = await (await server.call('/v1/chat/completions', hello(model, stream))).text()
			expect((await arrived(line)).authorization).toBe(basic)
			expect(answer).toContain('no: ')
			expect(answer).not.toContain('secret-pw')
			expect(answer).not.toContain(basic.slice('Basic '.length))
		})
	test('to the tokenization path next to the base', async () => {
		await server.call('/v1/tokenize', { model: 'openai', text: 'hi' })
		await server.call('/tokenize', { model: 'openai', prompt: 'hi' })
		expect((await arrived('POST /openai/deployments/tokenize?api-version=2024-06-01')).authorization).toBe(basic)
	})
	test('in health checks', async () => {
		expect((await arrived('GET /openai/deployments/gpt/models?api-version=2024-06-01')).authorization).toBe(basic)
	})
	test('to the collector of traces and metrics', async () => {
		expect((await arrived('POST /otel/v1/traces?env=prod')).authorization).toBe(basic)
		expect((await arrived('POST /otel/v1/metrics?env=prod')).authorization).toBe(basic)
	})
	test('and appear in no log line', () => {
		expect(server.log()).not.toContain('secret-pw')
		expect(server.log()).not.toContain(basic.slice('Basic '.length))
	})
})

describe('a URL that cannot be sent as written is rejected with its field', () => {
	const upstream = (rest: string) => `models: { a: { route: [b] } }\nupstreams:\n  b: ${rest}\n`
	const cases: readonly (readonly [name: string, yaml: string, ...words: string[]])[] = [
		['a fragment', upstream('{ engine: openai-compatible, url: "http://h/v1#x" }'), ':3: upstreams.b.url', 'fragment'],
		['port 0', upstream('{ engine: anthropic, url: "http://h:0/v1" }'), 'upstreams.b.url', 'port 0'],
		[
			'a user and a key',
			upstream('{ engine: gemini, url: "http://me:secret-pw@h/v1", key: abc }'),
			'upstreams.b.url',
			'user name and password',
			'`key`',
		],
		[
			'a user and a header',
			upstream('{ engine: openai-compatible, url: "http://me:secret-pw@h/v1", headers: { Authorization: x } }'),
			'upstreams.b.url',
			'`headers.Authorization`',
		],
		[
			'a user and a header of the collector',
			'telemetry: { otlp: { endpoint: "http://me:secret-pw@h", headers: { authorization: x } } }\n',
			'telemetry.otlp.endpoint',
			'`headers.authorization`',
		],
		[
			'a health check with a space',
			upstream('{ engine: openai-compatible, url: "http://h/v1", health: { path: "/a b" } }'),
			'upstreams.b.health.path',
		],
	]
	for (const [name, yaml, ...words] of cases)
		test(name, async () => {
			const file = join(await temporaryFolder(), 'dragoman.yaml')
			await Bun.write(file, yaml)
			const thrown = await loadConfig({ file, overrides: {}, environment: {} }).catch(String)
			for (const word of words) expect(thrown).toContain(word)
			expect(thrown).not.toContain('secret-pw')
		})
	test('config check reports it', async () => {
		const file = join(await temporaryFolder(), 'dragoman.yaml')
		await Bun.write(file, upstream('{ engine: anthropic, url: "http://h/v1#x" }'))
		const { status, stderr } = await runCommand(['config', 'check', '--config', file])
		expect([status, stderr]).toEqual([78, expect.stringContaining('upstreams.b.url')])
	})
})
