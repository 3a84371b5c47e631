import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import type { ChatEvent } from '../chat/event.ts'
import { parseChatChunk } from '../wire/openai/chat-chunk.ts'
import { chatFormats } from '../wire/openai/formats.ts'
import { App, isPending, quiet, readerOf } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }

/** Reads chunks until one contains `part`. */
async function readUntil(reader: { next(): Promise<string | undefined> }, part: string): Promise<string> {
	let text = ''
	while (!text.includes(part)) text += (await reader.next()) ?? `the stream ended without ${part}`
	return text
}

/** An event that no dialect can write. */
const unwritable: ChatEvent = {
	type: 'part-delta',
	choice: 0,
	part: 'text',
	get text(): string {
		throw new Error('this event cannot be written')
	},
}

const start: ChatEvent = { type: 'start' }
const textStart: ChatEvent = { type: 'part-start', choice: 0, part: { type: 'text' } }
/** An answer that never ends. */
const half: readonly ChatEvent[] = [start, textStart, { type: 'part-delta', choice: 0, part: 'text', text: 'half' }]

describe('a stream', () => {
	test('ends with its finish, and is settled once with its usage', async () => {
		await using app = await App.open()
		const text = await (await app.stream('one two', { stream_options: { include_usage: true } })).text()
		expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
		expect(text).toContain('"finish_reason":"stop"')
		expect(text).toContain('"completion_tokens":2')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 2, upstream: 'a' }])
		expect(await app.held()).toEqual(free)
		expect(app.faults.calls('write-settlement')).toBe(1)
	})

	test('sends its last event after its end is on disk', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-settlement')
		const reader = readerOf(await app.stream('one'))
		await readUntil(reader, 'finish_reason":"stop"')
		const last = reader.next()
		expect(await isPending(last)).toBe(true)
		release()
		expect(await last).toContain('[DONE]')
	})

	test('whose end cannot be stored ends with an error instead', async () => {
		await using app = await App.open()
		app.faults.fail('write-settlement')
		const text = await (await app.stream('one')).text()
		expect(text).toContain('one')
		expect(text).toContain('"message":"The answer could not be stored."')
		expect(text).not.toContain('[DONE]')
		expect(await app.held()).toEqual(free)
		expect(app.requests.at(-1)).toMatchObject({ error: 'unavailable' })
	})

	test('whose turn cannot be stored ends with an error instead', async () => {
		await using app = await App.open()
		app.faults.fail('end-turn')
		const text = await (await app.stream('one', {}, { headers: { 'x-dragoman-conversation': 'new' } })).text()
		expect(text).toContain('"message":"The answer could not be stored."')
		expect(text).not.toContain('[DONE]')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 1 }])
		expect(await app.held()).toEqual(free)
	})

	test('whose upstream fails ends with that error, and the received part is billed', async () => {
		await using app = await App.open()
		const text = await (await app.stream('echo:error-after 3 upstream-failed')).text()
		expect(text).toContain('word')
		expect(text).toContain('"code":"upstream_error"')
		expect(text).not.toContain('[DONE]')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 3 }])
		expect(await app.held()).toEqual(free)
	})

	test('that the upstream ends without a finish ends with an error', async () => {
		await using app = await App.open({
			upstreams: { a: { script: half } },
		})
		const text = await (await app.stream('hi')).text()
		expect(text).toContain('half')
		expect(text).toContain('"error"')
		expect(text).not.toContain('[DONE]')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('with an event that cannot be written ends with an error', async () => {
		await using app = await App.open({
			upstreams: { a: { script: [...half, unwritable] } },
		})
		const text = await (await app.stream('hi')).text()
		expect(text).toContain('half')
		expect(text).toContain('The server had an error while processing your request.')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('repeats a chunk without events, which counts nothing', async () => {
		const chunk = (choices: readonly object[], more: object = {}) => {
			const text = JSON.stringify({
				id: 'x',
				object: 'chat.completion.chunk',
				created: 1,
				model: 'm',
				choices,
				...more,
			})
			return { format: chatFormats.chunk, text, value: parseChatChunk(JSON.parse(text)) }
		}
		const usage = {
			...{ promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
			source: 'counted' as const,
		}
		await using app = await App.open({
			upstreams: {
				a: {
					batches: [
						{ events: [start], source: chunk([{ index: 0, delta: { role: 'assistant', content: '' } }]) },
						{ events: [], source: chunk([], { x_trace: 'abc' }) },
						{ events: eventsOfPart({ type: 'text', text: 'one' }, 0) },
						{ events: [], source: chunk([{ index: 0, delta: { x_part: 'def' } }]) },
						{ events: [{ type: 'choice-finish', choice: 0, reason: 'stop' }] },
						{ events: [{ type: 'finish', usage }] },
					],
				},
			},
		})
		const text = await (await app.stream('hi')).text()
		expect(text).toContain('"x_trace":"abc"')
		expect(text).toContain('"x_part":"def"')
		expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 1 }])
	})

	test('whose client disconnects is cancelled at the upstream, and the received part is billed', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const reader = readerOf(await app.stream('echo:hang-after 2', {}, { signal: client.signal }))
		await readUntil(reader, '" word"')
		client.abort()
		const [record] = await app.usageRecords()
		expect(record).toMatchObject({ outcome: 'cancelled', upstream: 'a' })
		expect(record?.completionTokens).toBeGreaterThan(0)
		expect(await app.held()).toEqual(free)
		expect(app.requests.at(-1)).toMatchObject({ left: true, status: 200 })
		expect(app.requests.at(-1)).not.toHaveProperty('error')
	})

	test('whose client disconnects while its end is stored is settled once', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-settlement')
		const client = new AbortController()
		const reader = readerOf(await app.stream('one', {}, { signal: client.signal }))
		await readUntil(reader, 'finish_reason":"stop"')
		void reader.next().catch(() => undefined)
		await quiet()
		client.abort()
		release()
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed' }])
		expect(await app.held()).toEqual(free)
		expect(app.requests.length).toBe(1)
		expect(app.faults.calls('write-settlement')).toBe(1)
	})

	test('that the server interrupts ends with an error', async () => {
		await using app = await App.open()
		const reader = readerOf(await app.stream('echo:hang-after 1'))
		await readUntil(reader, '"word"')
		const last = reader.next()
		await app.interrupt()
		expect(await last).toContain('The server is closing.')
		expect(await reader.next()).toBeUndefined()
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 1 }])
		expect(await app.held()).toEqual(free)
	})

	test('that the server interrupts ends its upstream, for which a shutdown waits', async () => {
		await using app = await App.open()
		const text = (await app.stream('echo:delay 50 one two')).text()
		await app.clock.asleep(50)
		app.handler.interrupt()
		const idle = app.handler.idle()
		while (app.requests.length === 0) await quiet()
		expect(await isPending(idle)).toBe(true)
		app.clock.advance(50)
		await idle
		expect(await text).toContain('The server is closing.')
	})

	test('that the server interrupts waits for an upstream that hangs, until its engine closes', async () => {
		await using app = await App.open()
		const reader = readerOf(await app.stream('echo:hang-after 1'))
		await readUntil(reader, '"word"')
		const last = reader.next()
		app.handler.interrupt()
		expect(await last).toContain('The server is closing.')
		const idle = app.handler.idle()
		expect(await isPending(idle)).toBe(true)
		await app.upstream().engine.close()
		await idle
		expect(app.upstream().ended).toBe(1)
	})
})

describe('a unary answer', () => {
	test('is billed with the usage that the upstream reports', async () => {
		await using app = await App.open()
		await app.chat('one two three')
		expect(await app.usageRecords()).toMatchObject([{ promptTokens: 3, completionTokens: 3 }])
	})

	test('that the upstream ends without a finish is an error', async () => {
		await using app = await App.open({
			upstreams: { a: { script: half } },
		})
		const response = await app.chat('hi')
		expect(response.status).toBe(502)
		expect(await response.text()).not.toContain('half')
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})

	test('with an event that cannot be read is an internal error', async () => {
		await using app = await App.open({ upstreams: { a: { script: [start, textStart, unwritable] } } })
		expect((await app.chat('hi')).status).toBe(503)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed' }])
		expect(await app.held()).toEqual(free)
	})
})
