import { describe, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import type { ArrivingRequest } from './arriving-request.ts'
import { type ConnectionOwner, HttpConnection } from './http-connection.ts'
import { type RequestCase, requestCorpus } from './request-corpus.testing.ts'

type Outcome = Pick<RequestCase, 'answered' | 'error'>

/** Stands for a socket that accepts every byte. */
class Recorder {
	written = ''
	readonly remoteAddress = '127.0.0.1'
	write(bytes: Uint8Array): number {
		this.written += Buffer.from(bytes).toString('latin1')
		return bytes.byteLength
	}
	pause(): void {}
	resume(): void {}
	end(): void {}
	shutdown(): void {}
	terminate(): void {}
}

async function read(pieces: readonly Buffer[]): Promise<Outcome> {
	const answered: string[] = []
	const owner: ConnectionOwner = {
		timeouts: { idleMs: 1000, headMs: 1000 },
		closing: false,
		async answer(request: ArrivingRequest) {
			const body = request.arrived ?? (await request.bytes())
			answered.push(`${request.method} ${request.url} ${Buffer.from(body).toString('latin1')}`)
			return new Response(null)
		},
		changed() {},
		closed() {},
	}
	const socket = new Recorder()
	const connection = new HttpConnection(socket as unknown as Socket<unknown>, owner)
	for (const piece of pieces) connection.data(piece)
	for (let tick = 0; tick < 60; tick++) await Promise.resolve()
	const error = [...socket.written.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
		.map(([, status]) => Number(status))
		.find((status) => status >= 400)
	return { answered, error: error as Outcome['error'] }
}

/** The same bytes complete, one at a time, and split in two at every position. */
function everyCut(text: string): readonly (readonly Buffer[])[] {
	const all = Buffer.from(text, 'latin1')
	const cuts = Array.from({ length: all.length + 1 }, (_, at) => [all.subarray(0, at), all.subarray(at)])
	return [[all], Array.from(all, (byte) => Buffer.from([byte])), ...cuts]
}

describe('the requests of llhttp, split at every position', () => {
	for (const { name, text, answered = [], error } of requestCorpus)
		test(name, async () => {
			for (const pieces of everyCut(text)) expect(await read(pieces)).toEqual({ answered, error })
		})
	test('have different names, and enough of them are there', () => {
		expect(new Set(requestCorpus.map(({ name }) => name)).size).toBe(requestCorpus.length)
		expect(requestCorpus.length).toBeGreaterThan(90)
	})
})
