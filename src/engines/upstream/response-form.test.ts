// Bodies with wrong content types, and streams with events of servers' own, for each engine of an HTTP API, streamed
// and unary, with the bytes cut at every position.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ChatError } from '../../chat/error.ts'
import { textOf as joinTexts } from '../../chat/parts.ts'
import { plainRequest as request } from '../../chat/request.testing.ts'
import { systemClock } from '../../system/clock.ts'
import { completionOf } from '../answer.testing.ts'
import { openAnthropic } from '../anthropic/anthropic.ts'
import type { Engine } from '../engine.ts'
import { openGemini } from '../gemini/gemini.ts'
import { openOpenAICompatible } from '../openai-compatible/openai-compatible.ts'
import type { IncomingResponse } from './http/incoming-response.ts'
import { formOf, isEventStreamType, openResponse } from './response-form.ts'

/** What the server sends next. */
let next: { readonly pieces: readonly Uint8Array[]; readonly type: string | undefined; readonly status: number }
let server: Bun.TCPSocketListener<undefined>
const engines: Engine[] = []

beforeAll(() => {
	// A raw socket, so that the response has no content type of its own.
	server = Bun.listen({
		hostname: '127.0.0.1',
		port: 0,
		socket: {
			data: async (socket, bytes) => {
				if (!bytes.includes('"messages"') && !bytes.includes('"contents"')) return
				const type = next.type === undefined ? '' : `content-type: ${next.type}\r\n`
				socket.write(`HTTP/1.1 ${next.status} X\r\n${type}transfer-encoding: chunked\r\n\r\n`)
				for (const piece of next.pieces) {
					if (piece.length > 0)
						socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
					if (next.pieces.length > 1) await new Promise(setImmediate)
				}
				socket.write('0\r\n\r\n')
			},
		},
	})
})
afterAll(async () => {
	for (const engine of engines) await engine.close()
	server.stop(true)
})

interface Wire {
	readonly open: (url: string) => Engine
	/** Events of a stream, before its end, and the end. */
	readonly events: readonly string[]
	readonly end: string
	readonly document: object
}

const shared = { clock: systemClock }
const choice = (delta: object, finish_reason: string | null = null) =>
	`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const named = (event: { readonly type: string; readonly [field: string]: unknown }) =>
	`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const candidate = (text: string, finishReason?: string) => ({
	candidates: [{ content: { parts: [{ text }] }, finishReason }],
})
const usage = { input_tokens: 1, output_tokens: 1 }

const wires: Readonly<Record<string, Wire>> = {
	'openai-compatible': {
		open: (url) => openOpenAICompatible({ url, ...shared }),
		events: [choice({ content: 'Hé' }), choice({ content: 'llo' }), choice({}, 'stop')],
		end: 'data: [DONE]\n\n',
		document: { choices: [{ index: 0, message: { content: 'Héllo' }, finish_reason: 'stop' }] },
	},
	anthropic: {
		open: (url) =>
			openAnthropic({
				...{ url, keyHeader: 'x-api-key', version: '2023-06-01', betas: [], ...shared },
				form: { maxTokens: 10, thinking: 'off', cache: 'client', systemMessages: 'user', schemaBounds: 'send' },
			}),
		events: [
			named({ type: 'message_start', message: { model: 'm', usage } }),
			named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hé' } }),
			named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'llo' } }),
			named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }),
		],
		end: named({ type: 'message_stop' }),
		document: { type: 'message', content: [{ type: 'text', text: 'Héllo' }], stop_reason: 'end_turn', usage },
	},
	gemini: {
		open: (url) => openGemini({ url, service: 'gemini', ...shared }),
		events: [`data: ${JSON.stringify(candidate('Hé'))}\n\n`, `data: ${JSON.stringify(candidate('llo'))}\n\n`],
		end: `data: ${JSON.stringify(candidate('', 'STOP'))}\n\n`,
		document: candidate('Héllo', 'STOP'),
	},
}

const types = [
	...['text/event-stream', 'Text/Event-Stream', 'TEXT/EVENT-STREAM;charset=utf-8', 'text/event-stream ; charset=utf-8'],
	...['application/json', 'Application/JSON; charset=utf-8', 'text/plain', 'text/plain; charset=utf-8', 'text/html'],
	...['application/octet-stream', 'application/x-text/event-stream', '', undefined],
]
const starts = [
	'',
	'\uFEFF',
	': hello\n\n',
	'\n\n',
	':\n',
	'retry: 100\n\n',
	'id: 1\n',
	'\uFEFF: keep-alive\r\n\r\n',
	'event: ping\ndata: {}\n\n',
]

function openAt(wire: Wire): Engine {
	const engine = wire.open(`http://127.0.0.1:${server.port}/v1`)
	engines.push(engine)
	return engine
}

async function textOf(engine: Engine, unary: boolean): Promise<string | undefined> {
	const call = { signal: new AbortController().signal, model: 'm', requestId: 'req_1', unary }
	const [choice] = (await completionOf(await engine.chat(request, call))).choices
	return choice === undefined ? undefined : joinTexts(choice.parts)
}

function send(text: string, type: string | undefined, at?: number, status = 200): void {
	const bytes = Buffer.from(text)
	next = { pieces: at === undefined ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)], type, status }
}

function sendByteByByte(text: string, type: string | undefined): void {
	next = { pieces: Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)), type, status: 200 }
}

for (const [name, wire] of Object.entries(wires))
	describe.each([false, true])(`${name}, unary: %p`, (unary) => {
		const engine = () => openAt(wire)
		const stream = wire.events.join('') + wire.end

		test.each(types)('a stream with the content type %p', async (type) => {
			const one = engine()
			for (const start of starts) {
				send(start + stream, type)
				expect(await textOf(one, unary)).toBe('Héllo')
			}
		})

		test.each(types)('a document with the content type %p', async (type) => {
			const one = engine()
			for (const text of [JSON.stringify(wire.document), `\n\n ${JSON.stringify(wire.document, null, 2)}\n`]) {
				send(text, type)
				expect(await textOf(one, unary)).toBe('Héllo')
			}
		})

		test('is the same for every cut of the bytes', async () => {
			const one = engine()
			for (const type of ['application/json', 'text/event-stream']) {
				for (const text of [`\uFEFF: hi\n\n${stream}`, JSON.stringify(wire.document)]) {
					for (let at = 1; at < Buffer.byteLength(text); at++) {
						send(text, type, at)
						expect(await textOf(one, unary)).toBe('Héllo')
					}
					sendByteByByte(text, type)
					expect(await textOf(one, unary)).toBe('Héllo')
				}
			}
		})

		const foreign = [
			...['event: heartbeat\ndata: alive\n\n', 'event: close\ndata: bye\n\n', 'event: ping\ndata: 1700000000\n\n'],
			...['event: keepalive\ndata: "x"\n\n', 'event: close\ndata: {not json\n\n', 'event: done\ndata: null\n\n'],
			...['event: heartbeat\ndata\n\n', 'event: usage\ndata: {}\n\n'],
		]
		test.each(foreign)('ignores %j anywhere', async (other) => {
			const one = engine()
			for (let at = 0; at <= wire.events.length; at++) {
				send([...wire.events.slice(0, at), other, ...wire.events.slice(at), wire.end].join(''), 'text/event-stream')
				expect(await textOf(one, unary)).toBe('Héllo')
			}
			send(stream + other, 'text/event-stream')
			expect(await textOf(one, unary)).toBe('Héllo')
		})

		test.each([
			'data: [DONE] \n\n',
			'data:  [DONE]\n\n',
			'data:[DONE]\n\n',
			'data: [DONE]\t\r\n\r\n',
			'event: done\ndata: [DONE]\n\n',
		])('ends with %j', async (done) => {
			send(wire.events.join('') + (name === 'openai-compatible' ? '' : wire.end) + done, 'text/event-stream')
			expect(await textOf(engine(), unary)).toBe('Héllo')
		})

		test.each([
			'event: error\ndata: overloaded\n\n',
			'event: error\ndata: "overloaded"\n\n',
			'event: error\ndata: {"message":"overloaded"}\n\n',
			'event: error\ndata: {"error":"overloaded"}\n\n',
			'event: error\ndata: {"error":{"message":"overloaded","type":"api_error"}}\n\n',
			'event: error\ndata: {"type":"error","error":{"message":"overloaded","type":"api_error"}}\n\n',
		])('%j is an error', async (error) => {
			const one = engine()
			for (const text of [error, (wire.events[0] ?? '') + error, wire.events.slice(0, 2).join('') + error]) {
				send(text, 'text/event-stream')
				const thrown: ChatError = await textOf(one, unary).then(
					(answer) => Promise.reject(new Error(`expected an error instead of ${answer}`)),
					(failure) => failure,
				)
				expect(thrown).toMatchObject({ kind: 'upstream-failed', sent: 'yes' })
				expect(String(thrown.cause)).toContain('overloaded')
			}
		})

		test.each(['data: ', 'event: error\ndata: ', ': hi\n\nevent: error\ndata: '])(
			'a rejection in the form of a stream, with %j, has its message',
			async (start) => {
				for (const type of ['text/event-stream', 'application/json']) {
					send(`${start}{"error":{"message":"prompt is too long: 3 tokens > 2 maximum"}}\n\n`, type, undefined, 400)
					expect(await textOf(engine(), unary).catch((error: ChatError) => [error.kind, error.message])).toEqual([
						'context-length-exceeded',
						'prompt is too long: 3 tokens > 2 maximum',
					])
				}
			},
		)

		test.each(['data: oops\n\n', 'hello', '<html></html>', '', '"text"', '{"a":', 'data: {"choices"\n\n'])(
			'the body %j is an error',
			async (text) => {
				for (const type of ['application/json', 'text/event-stream', undefined]) {
					send(text, type)
					expect(await textOf(engine(), unary).catch((error: ChatError) => error.kind)).toBe('upstream-failed')
				}
			},
		)
	})

test('names of a wire with broken JSON are errors', async () => {
	const wire = wires.anthropic
	if (wire === undefined) throw new Error('no wire')
	send(`${wire.events[0]}event: content_block_delta\ndata: {"type":\n\n`, 'text/event-stream')
	expect(await textOf(openAt(wire), false).catch((error: ChatError) => error.kind)).toBe('upstream-failed')
})

test.each([
	['text/event-stream', true],
	['text/event-stream;charset=utf-8', true],
	[' TEXT/Event-Stream ; x=y', true],
	['application/json; profile="text/event-stream"', false],
	['text/event-streams', false],
	['', false],
	[undefined, false],
])('the content type %p names events: %p', (type, expected) => {
	expect(isEventStreamType(type)).toBe(expected)
})

test.each([
	['', 'short'],
	['dat', 'short'],
	['data', 'short'],
	['data:', 'events'],
	['\uFEFFevent: x', 'events'],
	['{', 'document'],
	[' [', 'document'],
	['<', undefined],
	['database', undefined],
] as const)('the start %j shows %p', (start, expected) => {
	expect(formOf(start)).toBe(expected)
})

test('a body without a form is read up to the limit only, and is returned whole', async () => {
	const pieces = Array.from({ length: 100 }, () => Buffer.from(' '))
	let read = 0
	const response: IncomingResponse = {
		...{ status: 200, headers: new Map([['content-type', 'text/event-stream']]) },
		read: async () => {
			read++
			return pieces.shift()
		},
		readAll: () => Buffer.concat(pieces.splice(0)),
		release: () => {},
		cancel: () => {},
	}
	const opened = await openResponse(response, 10)
	expect([opened.form, read]).toEqual(['events', 10])
	expect((await opened.response.readAll(1000)).length).toBe(100)
})
