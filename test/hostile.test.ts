// What a server must bear: wrong requests in great number, huge and deep ones, half-closed and slow connections. Always
// a clear refusal in the right shape, never a 5xx, a hang or growth.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { randomOf } from '../src/system/random.testing.ts'
import { mutate, seeds } from './mutation.ts'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: `
limits: { bodyTimeoutMs: 1000 }
models: { echo: { route: [echo] } }
upstreams: { echo: { engine: echo } }
`,
	})
})
afterAll(() => server.stop())

const hello = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }
const requests = 10_000

async function expectRefusal(response: Response, status: number, expected: object = {}) {
	expect(response.status).toBe(status)
	expect(await response.json()).toMatchObject({
		error: { type: 'invalid_request_error', message: expect.any(String), ...expected },
	})
}

test(`${requests} mutated requests are answered or rejected, and leave nothing running`, async () => {
	const random = randomOf(20260101)
	const statuses = new Map<number, number>()
	const send = async () => {
		const seed = seeds[Math.floor(random() * seeds.length)] ?? seeds[0]
		if (seed === undefined) return
		let body = mutate(seed.body, random)
		while (random() < 0.3) body = mutate(body, random)
		const response = await server.call(seed.path, body ?? 'null')
		const text = await response.text()
		statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
		if (response.status === 200) return
		if (response.status < 400 || response.status >= 500)
			throw new Error(`${response.status} for ${JSON.stringify(body).slice(0, 500)}: ${text}`)
		const { error } = JSON.parse(text)
		if (Object.keys(error).sort().join() !== 'code,message,param,type')
			throw new Error(`an odd error for ${JSON.stringify(body).slice(0, 500)}: ${text}`)
	}
	const batch = async (count: number) => {
		for (let sent = 0; sent < count; sent += 50) await Promise.all(Array.from({ length: 50 }, send))
	}
	await batch(requests / 2)
	const before = residentBytes(server.pid)
	await batch(requests / 2)
	const grown = residentBytes(server.pid) - before
	expect(statuses.get(200) ?? 0).toBeGreaterThan(requests / 20)
	expect(statuses.get(400) ?? 0).toBeGreaterThan(requests / 5)
	expect(grown).toBeLessThan(60_000_000)
	expect(server.log()).not.toContain('defect')
}, 120_000)

describe('a body', () => {
	test('of 60 MB is refused by its declared length', async () => {
		await expectRefusal(await server.call('/v1/chat/completions', 'x'.repeat(60_000_000)), 413)
	})
	test('of 60 MB without a declared length is rejected while it arrives', async () => {
		const body = new ReadableStream({
			async start(controller) {
				for (let sent = 0; sent < 60; sent++) {
					controller.enqueue(new Uint8Array(1_000_000).fill(120))
					await Bun.sleep(0)
				}
				controller.close()
			},
		})
		const status = await fetch(`${server.url}/v1/chat/completions`, {
			method: 'POST',
			body,
			headers: { 'x-api-key': server.key },
		}).then(
			(response) => response.status,
			() => 'closed',
		)
		expect([413, 'closed']).toContain(status)
		expect((await fetch(`${server.url}/health`)).status).toBe(200)
	})
	const positions: readonly (readonly [string, (deep: string) => string])[] = [
		['arrays at the root', (deep) => deep],
		['in a message', (deep) => `{"model":"echo","messages":${deep}}`],
		['in an unknown field', (deep) => `{"model":"echo","messages":[{"role":"user","content":"hi"}],"x":${deep}}`],
	]
	for (const [name, position] of positions) {
		test(`100,000 levels deep is refused: ${name}`, async () => {
			await expectRefusal(
				await server.call('/v1/chat/completions', position('['.repeat(100_000) + ']'.repeat(100_000))),
				400,
			)
			await expectRefusal(
				await server.call('/v1/chat/completions', position(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)),
				400,
			)
		})
	}
	for (const [name, body] of [
		['empty', ''],
		['no JSON', '{"model":'],
		['a number', '5'],
		['null', 'null'],
		['a text', '"hi"'],
	] as const) {
		test(`that is ${name} is refused`, async () => {
			const response = await fetch(`${server.url}/v1/chat/completions`, {
				method: 'POST',
				body,
				headers: { 'x-api-key': server.key },
			})
			await expectRefusal(response, 400)
		})
	}
	test('that is not UTF-8 is refused', async () => {
		const body = Buffer.concat([
			Buffer.from('{"model":"echo","messages":[{"role":"user","content":"'),
			Buffer.from([0xff, 0xfe]),
			Buffer.from('"}]}'),
		])
		await expectRefusal(
			await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body, headers: { 'x-api-key': server.key } }),
			400,
		)
	})
	test('that is compressed is refused', async () => {
		const body = Bun.gzipSync(Buffer.from(JSON.stringify(hello)))
		const response = await fetch(`${server.url}/v1/chat/completions`, {
			method: 'POST',
			body,
			headers: { 'x-api-key': server.key, 'content-encoding': 'gzip' },
		})
		await expectRefusal(response, 400)
	})
	test('with a byte order mark is read', async () => {
		expect((await server.call('/v1/chat/completions', `\ufeff${JSON.stringify(hello)}`)).status).toBe(200)
	})
	test('with NUL bytes and lone surrogates is data like any other', async () => {
		const response = await server.call(
			'/v1/chat/completions',
			'{"model":"echo","messages":[{"role":"user","content":"a\\u0000b\\ud800c"}]}',
		)
		expect(response.status).toBe(200)
		expect(await response.json()).toMatchObject({
			choices: [{ message: { content: expect.stringContaining('a\u0000b') } }],
		})
	})
	test('with a megabyte of stops is refused', async () => {
		await expectRefusal(
			await server.call('/v1/chat/completions', {
				...hello,
				stop: Array.from({ length: 4 }, () => 'x'.repeat(250_000)),
			}),
			400,
			{ code: 'string_above_max_length' },
		)
		await expectRefusal(
			await server.call('/v1/chat/completions', {
				...hello,
				stop: Array.from({ length: 100_000 }, () => 'xxxxxxxxxx'),
			}),
			400,
			{ code: 'array_above_max_length' },
		)
	})
	test('with n: 100000 is refused', async () => {
		await expectRefusal(await server.call('/v1/chat/completions', { ...hello, n: 100_000 }), 400, {
			code: 'integer_above_max_value',
		})
	})
})

describe('a connection', () => {
	const head = (length: number) =>
		`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${server.key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`

	test('that stops in the middle of its body times out', async () => {
		const socket = await open()
		socket.write(`${head(1000)}{"model"`)
		expect(await socket.until('\r\n')).toStartWith('HTTP/1.1 408')
		socket.end()
	})
	test('closed on one side with half a body is closed', async () => {
		const socket = await open()
		socket.write(`${head(1000)}{"model"`)
		socket.end()
		await socket.closed
		expect((await fetch(`${server.url}/health`)).status).toBe(200)
	})
	test('that disconnects during a stream cancels the engine’s call immediately', async () => {
		const body = JSON.stringify({
			...hello,
			stream: true,
			messages: [{ role: 'user', content: 'echo:delay 5\necho:repeat 100000 word' }],
		})
		const socket = await open()
		socket.write(head(body.length) + body)
		await socket.until('word')
		socket.destroy()
		await socket.closed
		expect((await server.call('/v1/chat/completions', hello)).status).toBe(200)
	})
	for (const garbage of [
		'GET\r\n\r\n',
		'\u0000\u0001\u0002\r\n\r\n',
		`GET /v1/models HTTP/1.1\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`,
	]) {
		test(`that does not speak HTTP is rejected: ${JSON.stringify(garbage.slice(0, 30))}`, async () => {
			const socket = await open()
			socket.write(garbage)
			const answer = await Promise.race([socket.until('\r\n'), socket.closed.then(() => 'closed')])
			expect(answer === 'closed' || answer.startsWith('HTTP/1.1 4')).toBe(true)
			socket.destroy()
		})
	}
})

interface RawSocket {
	write(text: string): void
	end(): void
	destroy(): void
	/** What arrived, as soon as it holds `text`. */
	until(text: string): Promise<string>
	readonly closed: Promise<void>
}

async function open(): Promise<RawSocket> {
	const { hostname, port } = new URL(server.url)
	const socket: Socket = connect(Number(port), hostname)
	let received = ''
	const watchers = new Set<() => void>()
	socket.on('data', (data) => {
		received += data.toString()
		for (const watch of watchers) watch()
	})
	socket.on('error', () => undefined)
	const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
	await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
	return {
		write: (text) => void socket.write(text),
		end: () => void socket.end(),
		destroy: () => void socket.destroy(),
		until: (text) =>
			new Promise((resolve) => {
				const check = () => {
					if (received.includes(text)) resolve(received)
				}
				watchers.add(check)
				check()
			}),
		closed,
	}
}

function residentBytes(pid: number): number {
	const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
	return Number(kilobytes) * 1024
}
