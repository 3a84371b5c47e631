import { describe, expect, test } from 'bun:test'
import { MessageSyntaxError } from '../../../http/message-head.ts'
import { ResponseParser } from './response-parser.ts'

interface Outcome {
	readonly status?: number
	readonly body: string
	readonly done: boolean
	readonly reusable: boolean
	readonly error?: string
}

function read(pieces: readonly Buffer[], ends = false): Outcome {
	const parser = new ResponseParser({ maxHeadBytes: 2000 })
	let body = ''
	let error: string | undefined
	try {
		for (const piece of pieces) body += Buffer.from(parser.read(piece)).toString('latin1')
		if (ends) parser.end()
	} catch (thrown) {
		if (!(thrown instanceof MessageSyntaxError)) throw thrown
		error = thrown.message
	}
	return {
		status: parser.head?.status,
		body,
		done: parser.done,
		reusable: parser.reusable,
		error,
	}
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** The same bytes complete, one at a time, and split in two at every position. */
function everyCut(text: string): readonly (readonly Buffer[])[] {
	const all = bytes(text)
	const cuts = Array.from({ length: all.length + 1 }, (_, at) => [all.subarray(0, at), all.subarray(at)])
	return [[all], Array.from(all, (byte) => Buffer.from([byte])), ...cuts]
}

describe('responses, split at every position', () => {
	const cases: readonly (readonly [name: string, text: string, expected: Outcome, ends?: boolean])[] = [
		[
			'a length',
			'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
			{ status: 200, body: 'hello', done: true, reusable: true },
		],
		['no reason', 'HTTP/1.1 404 \r\ncontent-length:0\r\n\r\n', { status: 404, body: '', done: true, reusable: true }],
		['no content', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', done: true, reusable: true }],
		[
			'chunks, with extensions and a trailer',
			'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0A ;x="y"\r\n, or what?\n\r\n0\r\nserver-timing: a\r\n\r\n'.replace(
				', or what?\n',
				' or what?\n',
			),
			{ status: 200, body: 'hello or what?\n', done: true, reusable: true },
		],
		[
			'interim responses',
			'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
			{ status: 200, body: 'x', done: true, reusable: true },
		],
		[
			'connection: close',
			'HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 1\r\n\r\nx',
			{ status: 200, body: 'x', done: true, reusable: false },
		],
		[
			'HTTP/1.0',
			'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
			{ status: 200, body: 'x', done: true, reusable: false },
		],
		[
			'until the connection is closed',
			'HTTP/1.1 200 OK\r\n\r\nall of this',
			{ status: 200, body: 'all of this', done: true, reusable: false },
			true,
		],
		[
			'the same length twice',
			'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx',
			{ status: 200, body: 'x', done: true, reusable: true },
		],
		[
			'data after the response',
			'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n',
			{ status: 200, body: 'x', done: true, reusable: false },
		],
		[
			'incomplete body',
			'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell',
			{
				status: 200,
				body: 'hell',
				done: false,
				reusable: false,
				error: 'the connection was closed before the response was complete',
			},
			true,
		],
		[
			'chunks without a last chunk',
			'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
			{
				status: 200,
				body: 'hello',
				done: false,
				reusable: false,
				error: 'the connection was closed before the response was complete',
			},
			true,
		],
	]
	for (const [name, text, expected, ends] of cases)
		test(name, () => {
			for (const pieces of everyCut(text)) expect(read(pieces, ends)).toEqual(expected)
		})
})

describe('ambiguous responses are rejected', () => {
	const ok = 'HTTP/1.1 200 OK\r\n'
	const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`
	const cases: readonly (readonly [name: string, text: string, error: string])[] = [
		['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'the status line is malformed'],
		['HTTP/2', 'HTTP/2 200\r\n\r\n', 'the status line is malformed'],
		['a status out of range', 'HTTP/1.1 999 OK\r\n\r\n', 'the status line is malformed'],
		['length and chunks', `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`, 'both a length'],
		['two lengths', `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\n`, 'two different lengths'],
		['a list of lengths', `${ok}content-length: 5, 5\r\n\r\n`, 'the length is not a number'],
		['a negative length', `${ok}content-length: -1\r\n\r\n`, 'the length is not a number'],
		['a length with a sign', `${ok}content-length: +5\r\n\r\n`, 'the length is not a number'],
		['gzip as a transfer coding', `${ok}transfer-encoding: gzip, chunked\r\n\r\n`, 'not chunked'],
		['two transfer codings', `${ok}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n`, 'not chunked'],
		['a folded header', `${ok}a: b\r\n c\r\n\r\n`, 'a header is malformed'],
		['a space before the colon', `${ok}content-length : 5\r\n\r\n`, 'a header is malformed'],
		['a bare CR', `${ok}a: b\rc\r\n\r\n`, 'a header is malformed'],
		['a NUL', `${ok}a: b\0\r\n\r\n`, 'a header is malformed'],
		['bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', 'does not end in CRLF'],
		['a line feed in a head', `${ok}a: b\nc: d\r\n\r\n`, 'a header is malformed'],
		['a head that does not end', `${ok}a: ${'b'.repeat(3000)}`, 'the head is too long'],
		['too many headers', `${ok}${'a: b\r\n'.repeat(201)}\r\n`, 'too many headers'],
		['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', 'another protocol'],
		['too many interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(11), 'too many interim'],
		['an invalid chunk size', `${chunked}5x\r\nhello\r\n`, 'the size of a chunk'],
		['a chunk size with a sign', `${chunked}-5\r\nhello\r\n`, 'the size of a chunk'],
		['a chunk size with a prefix', `${chunked}0x5\r\nhello\r\n`, 'the size of a chunk'],
		['an empty chunk size', `${chunked}\r\nhello\r\n`, 'the size of a chunk'],
		['a chunk size that is too large', `${chunked}FFFFFFFFFFFFFFFF\r\n`, 'the size of a chunk'],
		['a chunk longer than its size', `${chunked}4\r\nhello\r\n`, 'longer than its declared size'],
		['a chunk size with a bare line feed', `${chunked}5\nhello\r\n`, 'does not end in CRLF'],
		['a chunk line that does not end', `${chunked}5;${'a'.repeat(2000)}`, 'too long'],
		['a trailer that does not end', `${chunked}0\r\n${'a: b\r\n'.repeat(1000)}`, 'the trailer is too long'],
	]
	for (const [name, text, error] of cases)
		test(name, () => {
			for (const pieces of everyCut(text).slice(0, 40)) expect(read(pieces).error ?? '').toContain(error)
		})
})

test('random bytes and mutated responses only throw syntax errors, and the result does not depend on the split', () => {
	const seeds = [
		'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
		'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\na\r\n0123456789\r\n0\r\n\r\n',
		'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\nrest',
	].map(bytes)
	const spice = bytes('\r\n:;0aF ,\0\t\x7f\xffHchunkedContent-Length')
	let state = 1
	const random = (below: number) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0
		return Math.floor((state / 2 ** 32) * below)
	}
	for (let round = 0; round < 20_000; round++) {
		const mutated = Buffer.from(seeds[random(seeds.length)] ?? [])
		for (let changes = 1 + random(3); changes > 0; changes--)
			mutated[random(mutated.length)] = spice[random(spice.length)] ?? 0
		const at = random(mutated.length)
		const whole = read([mutated], true)
		const cut = read([mutated.subarray(0, at), mutated.subarray(at)], true)
		// How much is read before an error depends on the split. Whether there is an error must not.
		expect([cut.status, cut.error === undefined]).toEqual([whole.status, whole.error === undefined])
		if (whole.error === undefined) expect(cut).toEqual(whole)
	}
})
