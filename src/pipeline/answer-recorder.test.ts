import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import type { ChatEvent } from '../chat/event.ts'
import { App, quiet, readerOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }

describe('the stored state of a turn', () => {
	test.each([
		['completed', 'one two', {}],
		['incomplete', 'one two three', { max_tokens: 2 }],
		['failed', 'echo:error-after 1 upstream-failed', {}],
	])('is %s', async (state, content, body) => {
		await using app = await App.open()
		await (await app.stream(content, body, { headers: fresh })).text()
		expect(await app.turnStates()).toEqual([state])
	})

	test('of a truncated unary answer is incomplete', async () => {
		await using app = await App.open()
		await app.chat('one two three', { max_tokens: 2 }, { headers: fresh })
		expect(await app.turnStates()).toEqual(['incomplete'])
	})
})

describe('the log line of a request', () => {
	test('contains the usage, the finish reason and the time of the first output', async () => {
		await using app = await App.open()
		const text = (await app.stream('echo:delay 50 one two')).text()
		await app.clock.asleep(50)
		app.clock.advance(50)
		await app.clock.asleep(50)
		app.clock.advance(50)
		await text
		expect(app.requests).toMatchObject([
			{ firstTokenMs: 50, durationMs: 100, completionTokens: 2, finishReason: 'stop', upstream: 'a', stream: true },
		])
	})

	test.each<[string, readonly ChatEvent[]]>([
		['reasoning', eventsOfPart({ type: 'reasoning', text: 'Hm.' }, 0)],
		['a call', eventsOfPart({ type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' }, 0)],
		['an image', eventsOfPart({ type: 'image', url: 'data:image/png;base64,AA==' }, 0)],
		['an item of the provider', eventsOfPart({ type: 'provider-item', wire: 'w', item: {} }, 0)],
	])('has the time of the first output if that is %s', async (_, events) => {
		await using app = await App.open({ upstreams: { a: { script: [{ type: 'start' }, ...events] } } })
		await (await app.stream('hi')).text()
		expect(app.requests).toMatchObject([{ firstTokenMs: 0 }])
	})

	test('has no time of a first output if a part began without any', async () => {
		const script: readonly ChatEvent[] = [{ type: 'start' }, { type: 'part-start', choice: 0, part: { type: 'text' } }]
		await using app = await App.open({ upstreams: { a: { script } } })
		await (await app.stream('hi')).text()
		expect(app.requests.at(-1)).not.toHaveProperty('firstTokenMs')
	})

	test('names the failure during the answer', async () => {
		await using app = await App.open()
		await (await app.stream('echo:error-after 1 upstream-failed')).text()
		expect(app.requests).toMatchObject([{ status: 200, error: 'upstream-failed', completionTokens: 1 }])
	})
})

test('the journal records the progress of a stream, which is billed if the server crashes', async () => {
	await using app = await App.open()
	const reader = readerOf(await app.stream('echo:hang-after 3'))
	for (let text = ''; text.split('word').length < 4; ) text += await reader.next()
	await app.clock.asleep(100)
	app.clock.advance(100)
	while (!(await app.journal()).includes('"progress"')) await quiet()
	expect(await app.journal()).toMatch(/"progress":\[\["[0-9a-f]{32}",3,"a"\]\]/)
})

test('the journal records the prompt and the upstream of a call that no upstream answered yet', async () => {
	await using app = await App.open()
	const text = 'echo:hang-after 0'.padEnd(400, ' word')
	const response = app.chat(text)
	await app.clock.asleep(100)
	app.clock.advance(100)
	while (!(await app.journal()).includes('"progress"')) await quiet()
	const journal = await app.journal()
	expect(journal).toMatch(/"progress":\[\["[0-9a-f]{32}",0,"a"\]\]/)
	const tokens = Number(/"promptTokens":(\d+)/.exec(journal)?.[1])
	expect(tokens).toBeGreaterThanOrEqual(100)
	expect(tokens).toBeLessThan(120)
	await app.interrupt()
	await response
})
