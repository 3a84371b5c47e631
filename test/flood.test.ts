// Strangers who hold as many connections as they can, and callers who hold as much as their key permits: others are
// served, and the process stays quiet.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { RawClient } from '../src/server/connections/raw-client.testing.ts'
import { eventually } from './faults/gateway.ts'
import { runCommand, startServer, type TestServer } from './server.ts'

const echo = 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n'
const hello = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }
const slow = { ...hello, stream: true, messages: [{ role: 'user', content: 'echo:delay 50\necho:repeat 100000 word' }] }

/** Processor time of a process, in milliseconds. */
function cpuMs(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
	return (Number(fields[11]) + Number(fields[12])) * 10
}

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length
const residentBytes = (pid: number) =>
	Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

async function addKey(server: TestServer, name: string): Promise<string> {
	const { stdout } = await runCommand(['keys', 'create', '--name', name, '--data', server.data])
	const secret = /dgm-\S+/.exec(stdout)?.[0]
	if (secret === undefined) throw new Error(`no key in: ${stdout}`)
	return secret
}

describe('with 256 files', () => {
	const strangers: RawClient[] = []
	let server: TestServer
	beforeAll(async () => {
		server = await startServer({ descriptors: 256, config: echo })
		for (let at = 0; at < 300; at++) {
			const client = await RawClient.connect(server.url)
			strangers.push(client)
			// A third has sent nothing, a third was refused, a third sends a body that does not end.
			if (at % 3 === 1) client.write('GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n')
			if (at % 3 === 2)
				client.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"a"')
		}
	})
	afterAll(async () => {
		for (const client of strangers) client.destroy()
		await server.stop()
	})

	test('a client with a key is served', async () => {
		expect((await server.call('/v1/chat/completions', hello)).status).toBe(200)
		expect((await fetch(`${server.url}/health`)).status).toBe(200)
	})
	test('descriptors are left for upstreams and files', () => {
		expect(descriptorsOf(server.pid)).toBeLessThan(200)
	})
	test('resumable streams can be opened', async () => {
		const response = await server.call(
			'/v1/chat/completions',
			{ ...hello, stream: true },
			{ 'x-dragoman-resumable': '1' },
		)
		expect(response.status).toBe(200)
		expect(await response.text()).toContain('[DONE]')
	})
	test('the process is quiet while they hold their connections', async () => {
		const before = cpuMs(server.pid)
		await Bun.sleep(2000)
		expect(cpuMs(server.pid) - before).toBeLessThan(500)
	})
	test('clients with a key are served while strangers connect', async () => {
		let connecting = true
		const flood = (async () => {
			while (connecting) {
				strangers.push(await RawClient.connect(server.url))
				if (strangers.length > 600) strangers.shift()?.destroy()
			}
		})()
		for (let at = 0; at < 20; at++) expect((await server.call('/v1/chat/completions', hello)).status).toBe(200)
		connecting = false
		await flood
	})
})

test('the limit of an address applies to the clients of a trusted proxy, not to its connections', async () => {
	const server = await startServer({
		config: `server: { trustedProxies: [127.0.0.1] }\nlimits: { connectionsPerAddress: 2 }\n${echo}`,
	})
	try {
		const from = (address: string, body: object) =>
			server.call('/v1/chat/completions', body, { 'x-forwarded-for': `1.1.1.1, ${address}` })
		const streams = await Promise.all([1, 2].map(() => from('198.51.100.1', slow)))
		const refused = await from('198.51.100.1', hello)
		expect(refused.status).toBe(429)
		expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('from this address') } })
		for (const address of ['198.51.100.2', '198.51.100.3', '2001:db8::1'])
			expect((await from(address, hello)).status).toBe(200)
		const health = await fetch(`${server.url}/health`, { headers: { 'x-forwarded-for': '198.51.100.1' } })
		expect(health.status).toBe(200)
		for (const { body } of streams) await body?.cancel()
		await eventually('room', async () => (await from('198.51.100.1', hello)).status === 200)
	} finally {
		await server.stop()
	}
})

describe('limits of callers', () => {
	let server: TestServer
	let other: string
	beforeAll(async () => {
		const limits =
			'limits: { connections: 40, requestsPerKey: 3, bodyMemoryBytes: 20MB, bodyBytes: 10MB, bodyTimeoutMs: 800, bodyTotalTimeoutMs: 4000 }\n'
		server = await startServer({ config: limits + echo })
		other = await addKey(server, 'other')
	})
	afterAll(() => server.stop())
	const asOther = (body: object | string) =>
		server.call('/v1/chat/completions', body, { authorization: `Bearer ${other}` })

	test('requests in flight of a key', async () => {
		const streams = await Promise.all([1, 2, 3].map(() => server.call('/v1/chat/completions', slow)))
		const refused = await server.call('/v1/chat/completions', hello)
		expect(refused.status).toBe(429)
		expect(refused.headers.get('retry-after')).not.toBeNull()
		expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('at most 3') } })
		expect((await server.call('/anthropic/v1/messages', { ...hello, max_tokens: 5 })).status).toBe(429)
		expect((await asOther(hello)).status).toBe(200)
		for (const { body } of streams) await body?.cancel()
		await eventually('room', async () => (await server.call('/v1/chat/completions', hello)).status === 200)
	})
	test('bodies that do not end: memory is bounded, those of others are read', async () => {
		const head = (length: number) =>
			`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.key}\r\ncontent-length: ${length}\r\n\r\n`
		const before = residentBytes(server.pid)
		const flood = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.url)))
		for (const client of flood) client.write(head(9_000_000) + ' '.repeat(8_500_000))
		await eventually('refusal', () => flood.some(({ statuses }) => statuses[0] !== undefined))
		const refused = flood.find(({ statuses }) => statuses[0] !== undefined)
		expect([429, 503, 529]).toContain(refused?.statuses[0] ?? 0)
		const large = await asOther(JSON.stringify(hello) + ' '.repeat(2_000_000))
		expect(residentBytes(server.pid) - before).toBeLessThan(200_000_000)
		for (const client of flood) client.destroy()
		expect(large.status).toBe(200)
	})
	test('a body that arrives steadily is read, however long it takes; one that stops is not', async () => {
		const body = JSON.stringify(hello)
		const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
		const [steady, stopped, endless] = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.url)))
		if (steady === undefined || stopped === undefined || endless === undefined) throw new Error('not connected')
		stopped.write(head + body.slice(0, 5))
		endless.write(head.replace(/length: \d+/, 'length: 1000'))
		steady.write(head)
		const pieces = body.match(/.{1,10}/g) ?? []
		for (const piece of pieces) {
			steady.write(piece)
			endless.write(' ')
			await Bun.sleep(300)
		}
		await steady.contains('200 OK')
		await stopped.contains('408 ')
		while (endless.state === 'open' && endless.statuses.length === 0) {
			endless.write(' ')
			await Bun.sleep(200)
		}
		expect(endless.statuses).toEqual([408])
	}, 30_000)
})
