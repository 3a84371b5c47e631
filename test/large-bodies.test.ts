// Bodies far above `limits.bodyBytes`: refused in the dialect's form, with a line in the log, and never held in memory.

import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { eventually, logLines } from './faults/gateway.ts'
import { startServer } from './server.ts'

const limit = 1_000_000
const server = await startServer({
	config: `limits: { bodyBytes: ${limit} }\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
})
afterAll(() => server.stop())

/** Sends a request whose body does not end before the response arrives. */
function upload(path: string, framing: 'length' | 'chunks', authorization = `Bearer ${server.key}`): Promise<string> {
	const { hostname, port } = new URL(server.url)
	const socket = connect(Number(port), hostname)
	const block = Buffer.alloc(65_536, 120)
	const chunk = Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from('\r\n')])
	const frame = framing === 'length' ? 'content-length: 50000000000' : 'transfer-encoding: chunked'
	return new Promise((resolve, reject) => {
		let received = ''
		const pump = () => {
			while (!socket.destroyed && socket.write(framing === 'length' ? block : chunk));
		}
		socket.on('drain', pump)
		socket.on('error', reject)
		socket.on('data', (data) => {
			received += data.toString()
			if (!received.endsWith('}')) return
			socket.destroy()
			resolve(received)
		})
		socket.write(
			`POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n${frame}\r\n\r\n`,
		)
		pump()
	})
}

const residentBytes = () =>
	Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024

const dialects: readonly (readonly [path: string, shape: object])[] = [
	[
		'/v1/chat/completions',
		{ error: { type: 'invalid_request_error', message: expect.stringContaining(`${limit} bytes`) } },
	],
	['/anthropic/v1/messages', { type: 'error', error: { type: 'request_too_large' } }],
	['/aleph-alpha/complete', { code: 'PAYLOAD_TOO_LARGE' }],
	['/egp/v4/chat-completions', { detail: expect.anything() }],
]

describe('a body above the limit', () => {
	for (const [path, shape] of dialects)
		for (const framing of ['length', 'chunks'] as const)
			test(`${path}, ${framing === 'length' ? 'with its length' : 'in chunks'}`, async () => {
				const answer = await upload(path, framing)
				expect(answer).toStartWith('HTTP/1.1 413 ')
				expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject(shape)
				const id = /^x-request-id: (\S+)/im.exec(answer)?.[1]
				const line = await eventually('line', () => logLines(server).find(({ request }) => request === id))
				expect(line).toMatchObject({ status: 413, error: 'too-large' })
			})
	test('without a valid key is 401', async () => {
		expect(await upload('/v1/chat/completions', 'length', 'Bearer sk-nobody-0123456789')).toStartWith('HTTP/1.1 401 ')
	})
	test('costs no memory', async () => {
		await upload('/v1/chat/completions', 'chunks')
		const before = residentBytes()
		await Promise.all(
			Array.from({ length: 40 }, (_, at) => upload('/v1/chat/completions', at % 2 === 0 ? 'chunks' : 'length')),
		)
		expect(residentBytes() - before).toBeLessThan(40 * 2 * limit)
	})
})
