import { describe, expect, test } from 'bun:test'
import { FrameError, type FrameEvent, FrameReader, writeFrame } from './frame-reader.ts'
import { maskedFrame } from './masked-frame.testing.ts'

interface Outcome {
	readonly events: readonly FrameEvent[]
	readonly code: number | undefined
}

function read(pieces: readonly Buffer[], limits: { readonly max?: number; readonly memory?: number } = {}): Outcome {
	const events: FrameEvent[] = []
	let memory = limits.memory ?? Number.POSITIVE_INFINITY
	const reader = new FrameReader({
		maxMessageBytes: limits.max ?? 100_000,
		reserve(bytes) {
			memory -= bytes
			return memory >= 0
		},
	})
	try {
		for (const piece of pieces) for (const event of reader.read(Buffer.from(piece))) events.push(event)
	} catch (thrown) {
		if (!(thrown instanceof FrameError)) throw thrown
		return { events, code: thrown.code }
	}
	return { events, code: undefined }
}

const text = (content: string) => ({ type: 'text', text: content, bytes: Buffer.byteLength(content) }) as const
const long = 'ä'.repeat(100)
const longer = 'word '.repeat(14_000)

describe('frames, split at every position', () => {
	const cases: readonly (readonly [string, readonly Buffer[], Outcome])[] = [
		['a text', [maskedFrame(1, 'hello')], { events: [text('hello')], code: undefined }],
		['an empty text', [maskedFrame(1, '')], { events: [text('')], code: undefined }],
		['16 bits of length', [maskedFrame(1, long)], { events: [text(long)], code: undefined }],
		['binary', [maskedFrame(2, 'hello')], { events: [text('hello')], code: undefined }],
		[
			'fragments with a ping between them',
			[maskedFrame(1, 'hel', { final: false }), maskedFrame(9, 'x'), maskedFrame(0, 'lo')],
			{ events: [{ type: 'ping', payload: Buffer.from('x') }, text('hello')], code: undefined },
		],
		['a pong', [maskedFrame(10, '')], { events: [{ type: 'pong' }], code: undefined }],
		['a close', [maskedFrame(8, '\u0003\u00e8')], { events: [{ type: 'close', code: 1000 }], code: undefined }],
		[
			'a close with a reason',
			[maskedFrame(8, '\u0003\u00e8bye')],
			{ events: [{ type: 'close', code: 1000 }], code: undefined },
		],
		[
			'a close of an application',
			[maskedFrame(8, '\u000b\u00b8')],
			{ events: [{ type: 'close', code: 3000 }], code: undefined },
		],
		['a close without a status', [maskedFrame(8, '')], { events: [{ type: 'close', code: 1000 }], code: undefined }],
		['a close whose reason is not UTF-8', [maskedFrame(8, '\u0003\u00e8\u00ff')], { events: [], code: 1007 }],
		['a close with a status below all', [maskedFrame(8, '\u0003\u00e7')], { events: [], code: 1002 }],
		['a close with a status of no frame', [maskedFrame(8, '\u0003\u00ed')], { events: [], code: 1002 }],
		['a close with a reserved status', [maskedFrame(8, '\u0003\u00f8')], { events: [], code: 1002 }],
		['a close with a status of extensions', [maskedFrame(8, '\u0007\u00d0')], { events: [], code: 1002 }],
		['not masked', [Buffer.from(writeFrame('text', Buffer.from('x')))], { events: [], code: 1002 }],
		['a reserved bit', [maskedFrame(1, 'x', { reserved: 0x40 })], { events: [], code: 1002 }],
		['an unknown opcode', [maskedFrame(3, 'x')], { events: [], code: 1002 }],
		['an unknown control opcode', [maskedFrame(11, '')], { events: [], code: 1002 }],
		['a continuation of nothing', [maskedFrame(0, 'x')], { events: [], code: 1002 }],
		['a text in a text', [maskedFrame(1, 'x', { final: false }), maskedFrame(1, 'y')], { events: [], code: 1002 }],
		['a long ping', [maskedFrame(9, 'x'.repeat(126))], { events: [], code: 1002 }],
		['a fragmented ping', [maskedFrame(9, 'x', { final: false })], { events: [], code: 1002 }],
		['not UTF-8', [maskedFrame(1, '\u00ff')], { events: [], code: 1007 }],
	]
	for (const [name, frames, expected] of cases)
		test(name, () => {
			const all = Buffer.concat(frames)
			expect(read([all])).toEqual(expected)
			expect(read(Array.from(all, (byte) => Buffer.from([byte])))).toEqual(expected)
			for (let at = 1; at < all.length; at++) expect(read([all.subarray(0, at), all.subarray(at)])).toEqual(expected)
		})
	test('64 bits of length', () => {
		expect(read([maskedFrame(1, longer)])).toEqual({ events: [text(longer)], code: undefined })
	})
})

describe('limits', () => {
	test('a message above the limit is rejected by its length, before its payload', () => {
		expect(read([maskedFrame(1, 'x'.repeat(200)).subarray(0, 8)], { max: 100 }).code).toBe(1009)
	})
	test('the sum of fragments counts', () => {
		const frames = [maskedFrame(1, 'x'.repeat(60), { final: false }), maskedFrame(0, 'x'.repeat(60))]
		expect(read(frames, { max: 100 }).code).toBe(1009)
	})
	test('memory is taken as bytes arrive', () => {
		expect(read([maskedFrame(1, 'x'.repeat(90)).subarray(0, 50)], { memory: 60 }).code).toBeUndefined()
		expect(read([maskedFrame(1, 'x'.repeat(90))], { memory: 60 }).code).toBe(1013)
	})
	test('a message of 100,000 frames is not as many objects', () => {
		const frames = [
			maskedFrame(1, '', { final: false }),
			...Array.from({ length: 100_000 }, () => maskedFrame(0, 'x', { final: false })),
		]
		const began = process.memoryUsage().heapUsed
		expect(read([Buffer.concat(frames)], { max: 200_000 }).code).toBeUndefined()
		expect(process.memoryUsage().heapUsed - began).toBeLessThan(50_000_000)
	})
})
