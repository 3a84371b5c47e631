// Streams of an upstream over a real socket, as batches: what is delivered without events, and what is delivered when a
// call is interrupted.

import { afterAll, expect, test } from 'bun:test'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import { systemClock } from '../../system/clock.ts'
import type { EventBatch, EventBatches } from '../answer.ts'
import { openOpenAICompatible } from '../openai-compatible/openai-compatible.ts'

let sent: readonly object[] = []
const server = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	fetch: () =>
		new Response(`${sent.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`, {
			headers: { 'content-type': 'text/event-stream' },
		}),
})
const engine = openOpenAICompatible({ url: `http://127.0.0.1:${server.port}/v1`, clock: systemClock })
afterAll(async () => {
	await engine.close()
	await server.stop(true)
})

const chunk = (delta: object, top: object = {}) => ({ choices: [{ index: 0, delta, finish_reason: null }], ...top })

async function open(chunks: readonly object[], signal = new AbortController().signal): Promise<EventBatches> {
	sent = chunks
	const answer = await engine.chat(plainRequest, { signal, model: 'm', requestId: 'req_1' })
	if (answer.type !== 'stream') throw new Error('not a stream')
	return answer.batches
}

async function readAll(batches: EventBatches): Promise<readonly EventBatch[]> {
	const all: EventBatch[] = []
	for (let read = await batches.next(); read !== undefined; read = await batches.next()) all.push(...read)
	return all
}

test('a chunk without events is delivered if clients of the wire receive its fields', async () => {
	const role = chunk({ role: 'assistant', content: '' })
	const progress = chunk({}, { prompt_progress: { processed: 1 } })
	const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
	const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }
	const batches = await readAll(await open([role, progress, chunk({}), chunk({ content: 'a' }), end, usage]))
	expect(brokenRule(batches.flatMap(({ events }) => events))).toBeUndefined()
	const [first, second, third] = batches
	expect(first?.events).toMatchObject([{ type: 'start' }])
	expect(second).toMatchObject({ events: [], source: { text: JSON.stringify(progress) } })
	expect(third?.events).toMatchObject([{ type: 'part-start' }, { type: 'part-delta', text: 'a' }])
})

test('an error is not delivered as a chunk without events', async () => {
	const chunks = [
		chunk({ role: 'assistant', content: 'a' }),
		{ error: { message: 'x' }, own: 1 },
		chunk({}, { own: 2 }),
	]
	const batches = await readAll(await open(chunks))
	expect(batches.at(-1)?.events).toMatchObject([{ type: 'error' }])
	expect(batches.every(({ events }) => events.length > 0)).toBe(true)
})

test('a call that is cancelled before its first events are read delivers them, and then the error', async () => {
	const controller = new AbortController()
	const batches = await open([chunk({ role: 'assistant', content: 'a' })], controller.signal)
	controller.abort()
	const events = (await readAll(batches)).flatMap((batch) => batch.events)
	expect(brokenRule(events)).toBeUndefined()
	expect(events[0]?.type).toBe('start')
	expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'cancelled' } })
})
