// The parser with the same bytes split at every position, because sockets split bytes anywhere.

import { expect, test } from 'bun:test'
import { EventStreamReader, EventTooLong, type ServerSentEvent } from './event-stream-reader.ts'

const encoder = new TextEncoder()

function read(pieces: readonly Uint8Array[], maxEventLength = 1000): readonly ServerSentEvent[] {
	const reader = new EventStreamReader({ maxEventLength })
	return [...pieces.flatMap((piece) => reader.read(piece)), ...reader.end()]
}

const message = (data: string): ServerSentEvent => ({ type: 'message', data })

const streams: readonly {
	readonly name: string
	readonly text: string
	readonly events: readonly ServerSentEvent[]
}[] = [
	{ name: 'LF', text: 'data: a\n\ndata: b\n\n', events: [message('a'), message('b')] },
	{ name: 'CRLF', text: 'data: a\r\n\r\ndata: b\r\n\r\n', events: [message('a'), message('b')] },
	{ name: 'CR', text: 'data: a\r\rdata: b\r\r', events: [message('a'), message('b')] },
	{
		name: 'line ends mixed',
		text: 'data: a\r\n\ndata: b\n\rdata: c\r\r\n',
		events: [message('a'), message('b'), message('c')],
	},
	{ name: 'a byte order mark', text: '\uFEFFdata: a\n\n', events: [message('a')] },
	{ name: 'characters of two to four bytes', text: 'data: é€𝄞\n\n', events: [message('é€𝄞')] },
	{ name: 'no space after the colon, or two', text: 'data:a\n\ndata:  b\n\n', events: [message('a'), message(' b')] },
	{ name: 'data on several lines', text: 'data: a\ndata:\ndata: b\n\n', events: [message('a\n\nb')] },
	{ name: 'data on several lines that end in CRLF', text: 'data: a\r\ndata: b\r\n\r\n', events: [message('a\nb')] },
	{ name: 'data without a colon', text: 'data\n\n', events: [message('')] },
	{ name: 'comments', text: ': hello\n\ndata: a\n: within\n\n:\n\n', events: [message('a')] },
	{
		name: 'a type, forgotten by the next event',
		text: 'event: error\ndata: a\n\ndata: b\n\n',
		events: [{ type: 'error', data: 'a' }, message('b')],
	},
	{ name: 'a type without data', text: 'event: ping\n\ndata: a\n\n', events: [message('a')] },
	{
		name: 'id, retry and unknown fields',
		text: 'id: 7\nretry: 100\nfoo: bar\ndata: a\n\n\n\n',
		events: [message('a')],
	},
	{ name: 'an end without an empty line', text: 'data: a\n\ndata: [DONE]', events: [message('a'), message('[DONE]')] },
	{ name: 'an end after CR', text: 'data: a\r', events: [message('a')] },
	{ name: 'nothing', text: '', events: [] },
]

for (const { name, text, events } of streams) {
	test(`${name}: complete, split at every position, and byte by byte`, () => {
		const bytes = encoder.encode(text)
		expect(read([bytes])).toEqual(events)
		for (let cut = 0; cut <= bytes.length; cut++)
			expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(events)
		expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(events)
	})
}

test('an event is returned as soon as its empty line is received', () => {
	const reader = new EventStreamReader({ maxEventLength: 100 })
	expect(reader.read(encoder.encode('data: a\n\nda'))).toEqual([message('a')])
	expect(reader.read(encoder.encode('ta: b\r'))).toEqual([])
	expect(reader.read(encoder.encode('\n\r'))).toEqual([message('b')])
})

test('invalid UTF-8 becomes replacement characters', () => {
	expect(read([encoder.encode('data: '), Uint8Array.of(0xff, 0xc3), encoder.encode('\n\n')])).toEqual([
		message('\uFFFD\uFFFD'),
	])
})

test('a line or an event that exceeds the limit is rejected', () => {
	const endless = new EventStreamReader({ maxEventLength: 100 })
	expect(endless.read(encoder.encode(`data: ${'x'.repeat(90)}`))).toEqual([])
	expect(() => endless.read(encoder.encode('x'.repeat(10)))).toThrow(EventTooLong)
	const lines = new EventStreamReader({ maxEventLength: 100 })
	expect(() => lines.read(encoder.encode('data: 0123456789\n'.repeat(20)))).toThrow(EventTooLong)
})
