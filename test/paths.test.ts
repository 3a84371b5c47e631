// One reading of the request target: what a proxy in front sees is what is served, or the request is rejected.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { RawClient } from '../src/server/connections/raw-client.testing.ts'
import { eventually } from './faults/gateway.ts'
import { startServer, type TestServer, temporaryFolder } from './server.ts'

const echo = 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n'
let server: TestServer
beforeAll(async () => {
	server = await startServer({ config: `telemetry: { metrics: open }\n${echo}` })
})
afterAll(() => server.stop())

async function send(url: string, text: string): Promise<{ readonly status: number; readonly body: string }> {
	const client = await RawClient.connect(url)
	client.write(text)
	await client.until('a response', ({ received, state }) => state !== 'open' || /\r\n\r\n/.test(received))
	const [status = 0] = client.statuses
	const length = Number(/content-length: (\d+)/i.exec(client.received)?.[1] ?? 0)
	await client.until(
		'the body',
		({ received, state }) => state !== 'open' || received.split('\r\n\r\n').slice(1).join('').length >= length,
	)
	client.destroy()
	return { status, body: client.received }
}
const get = (target: string, host = 'host: x\r\n', version = '1.1') =>
	`GET ${target} HTTP/${version}\r\n${host}connection: close\r\n\r\n`

const metricsText = '# HELP'
/** Targets that some server reads as /metrics. */
const disguised = [
	'/openai/..\\metrics',
	'/x\\..\\metrics',
	'\\metrics',
	'/openai/../metrics',
	'/openai/./../metrics',
	'/openai/%2e%2e/metrics',
	'/openai/.%2E/metrics',
	'/openai/..%2fmetrics',
	'/openai/%2e%2e%2Fmetrics',
	'/openai/..%5cmetrics',
	'/openai/..;/metrics',
	'/./metrics',
	'/%2e/metrics',
	'//metrics',
	'/metrics/',
	'/metrics//',
	'/%6detrics',
	'/%2fmetrics',
	'/metrics%2f',
	'/metrics/.',
	'/metrics/..',
	'/metrics;x',
	'/metrics%00',
	'/metrics%20',
	'/metrics#x',
	'/m\u00e9trics',
	'metrics',
	'/openai/metrics',
	'/openai//metrics',
	'http://x/openai/../metrics',
	'x:80',
	'*',
]

describe('a target that a proxy could read in another way', () => {
	for (const target of disguised)
		test(JSON.stringify(target), async () => {
			const { status, body } = await send(server.url, get(target))
			expect([400, 404, 405]).toContain(status)
			expect(body).not.toContain(metricsText)
		})
})

describe('a target with one meaning', () => {
	for (const [target, status] of [
		['/metrics', 200],
		['/metrics?x=1', 200],
		['http://x/metrics', 200],
		['HTTP://x:80/health', 200],
		['/v1/models', 401],
		['/v1//models', 401],
		['//v1/models', 401],
		['/v1/models/', 401],
		['/v1/models/org%2Fmodel', 401],
		['/v1/models/gpt-4.1', 401],
		['/v1/conversations?search=caf\u00c3\u00a9', 401],
		['/health', 200],
	] as const)
		test(target, async () => {
			expect((await send(server.url, get(target))).status).toBe(status)
		})
	test('HTTP/1.0 without Host', async () => {
		const ready = await send(server.url, 'GET /ready HTTP/1.0\r\n\r\n')
		expect(ready.status).toBe(200)
		expect(ready.body).toContain('"checks"')
		expect((await send(server.url, 'GET /metrics HTTP/1.0\r\n\r\n')).body).toContain(metricsText)
		expect((await send(server.url, 'GET /openai/metrics HTTP/1.0\r\n\r\n')).status).toBe(404)
	})
	test('OPTIONS *', async () => {
		expect((await send(server.url, 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n')).status).toBe(204)
	})
	test('HEAD of the page and of the metrics', async () => {
		for (const path of ['/', '/metrics', '/health'])
			expect((await fetch(server.url + path, { method: 'HEAD' })).status).toBe(200)
	})
})

describe('a Host header', () => {
	const hosts = [
		'host: \r\n',
		'host: a b\r\n',
		'host: a/b\r\n',
		'host: \u00e9\r\n',
		'host: a:99999\r\n',
		'host: a@b\r\n',
		'host: a\r\nhost: b\r\n',
		'',
	]
	for (const host of hosts)
		test(`${JSON.stringify(host)} is rejected`, async () => {
			for (const target of ['/metrics', '/openai/metrics', '/health']) {
				const { status, body } = await send(server.url, get(target, host))
				expect(status).toBe(400)
				expect(body).not.toContain(metricsText)
			}
		})
	test('is replaced by the host of the target', async () => {
		const foreign = 'user-agent: Mozilla/5.0\r\naccept-language: en\r\n'
		expect((await send(server.url, get('http://evil.example/metrics', `host: 127.0.0.1\r\n${foreign}`))).status).toBe(
			400,
		)
		expect((await send(server.url, get('http://127.0.0.1/metrics', `host: evil.example\r\n${foreign}`))).status).toBe(
			200,
		)
	})
})

async function freePort(): Promise<number> {
	const probe = createServer()
	await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
	const address = probe.address()
	await new Promise((resolve) => probe.close(resolve))
	return typeof address === 'object' && address !== null ? address.port : 0
}

const withNginx = spawnSync('nginx', ['-v']).status === 0 ? describe : describe.skip
withNginx('behind nginx, which refuses /metrics and passes /openai/ only', () => {
	let url = ''
	let proxy: ReturnType<typeof Bun.spawn> | undefined
	beforeAll(async () => {
		const [folder, port] = [await temporaryFolder(), await freePort()]
		const backend = new URL(server.url).host
		const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
			(kind) => `${kind}_temp_path ${folder}/${kind};`,
		)
		const pass = `proxy_pass http://${backend}; proxy_http_version 1.1; proxy_set_header Host $http_host;`
		await Bun.write(
			join(folder, 'nginx.conf'),
			`daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${temporary.join(' ')}
server { listen 127.0.0.1:${port}; location / { return 403; } location = /metrics { return 403; } location /openai/ { ${pass} } location = /health { ${pass} } } }\n`,
		)
		url = `http://127.0.0.1:${port}`
		proxy = Bun.spawn(['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
			stdin: 'ignore',
			stdout: 'ignore',
			stderr: 'ignore',
		})
		await eventually('nginx', () =>
			fetch(`${url}/health`).then(
				({ ok }) => ok,
				() => false,
			),
		)
	})
	afterAll(async () => {
		proxy?.kill()
		await proxy?.exited
	})
	for (const host of ['host: x\r\n', 'host: \u00e9\r\n', ''])
		test(`no disguise of /metrics reaches it, with ${JSON.stringify(host)}`, async () => {
			for (const target of ['/metrics', ...disguised])
				for (const version of ['1.1', '1.0']) {
					const { body } = await send(url, get(target, host, version))
					expect(`${target}: ${body.includes(metricsText)}`).toBe(`${target}: false`)
				}
		})
	test('API paths do', async () => {
		expect((await send(url, get('/openai/v1/models'))).status).toBe(401)
	})
})

describe('metrics', () => {
	let restricted: TestServer
	beforeAll(async () => {
		restricted = await startServer({
			config: `server: { trustedProxies: [127.0.0.1] }\ntelemetry: { metricsToken: a-token-of-metrics, metricsFrom: [192.0.2.0/24] }\n${echo}`,
		})
	})
	afterAll(() => restricted.stop())
	const from = (address: string | undefined, authorization?: string) => {
		const headers = new Headers()
		if (address !== undefined) headers.set('x-forwarded-for', address)
		if (authorization !== undefined) headers.set('authorization', `Bearer ${authorization}`)
		return fetch(`${restricted.url}/metrics`, { headers })
	}
	test('are readable on this machine, and from permitted addresses', async () => {
		expect((await from(undefined)).status).toBe(200)
		expect((await from('192.0.2.7')).status).toBe(200)
	})
	test('need a key or a token elsewhere', async () => {
		expect((await from('198.51.100.1')).status).toBe(401)
		expect((await from('198.51.100.1', 'dgm-wrong-key-000000')).status).toBe(401)
		expect((await from('198.51.100.1', 'a-token-of-metrics')).status).toBe(200)
		expect((await from('198.51.100.1', restricted.key)).status).toBe(200)
	})
	test('are not readable through a proxy that is not trusted', async () => {
		const response = await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': '198.51.100.1' } })
		expect(response.status).toBe(200)
		const other = await startServer({ config: echo })
		try {
			expect((await fetch(`${other.url}/metrics`)).status).toBe(200)
			const hidden = await fetch(`${other.url}/metrics`, { headers: { 'x-forwarded-for': '198.51.100.1' } })
			expect(hidden.status).toBe(401)
		} finally {
			await other.stop()
		}
	})
})
