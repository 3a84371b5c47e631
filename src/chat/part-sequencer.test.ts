import { describe, expect, test } from 'bun:test'
import type { ChatEvent } from './event.ts'
import { brokenRule } from './event-rules.testing.ts'
import { PartSequencer } from './part-sequencer.ts'

const call = (id: string) => ({ type: 'tool-call', kind: 'function', id, name: 'f' }) as const
const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const

/** The events in short: `+text`, `text:a`, `-`. */
function sequence(work: (parts: PartSequencer<string>, into: ChatEvent[]) => void): string {
	const into: ChatEvent[] = []
	const parts = new PartSequencer<string>(0)
	work(parts, into)
	const written = into.map((event) => {
		switch (event.type) {
			case 'part-start':
				return `+${event.part.type === 'tool-call' ? event.part.id : event.part.type}`
			case 'part-delta':
				return `${event.part}:${event.text}`
			default:
				return '-'
		}
	})
	parts.endAll(into)
	const all: ChatEvent[] = [{ type: 'start' }, ...into, { type: 'choice-finish', choice: 0, reason: 'stop' }]
	expect(brokenRule([...all, { type: 'finish', usage }])).toBeUndefined()
	return written.join(' ')
}

describe('parts of one choice', () => {
	test('a part streams while it is the first', () => {
		const events = sequence((parts, into) => {
			parts.start('a', { type: 'text' }, into)
			parts.delta('a', { text: 'x' }, into)
			parts.delta('a', { text: 'y' }, into)
			parts.end('a', {}, into)
		})
		expect(events).toBe('+text text:x text:y -')
	})

	test('what belongs to a later part is held until the earlier one ends', () => {
		const events = sequence((parts, into) => {
			parts.start('a', call('a'), into)
			parts.delta('a', { text: '{' }, into)
			parts.start('t', { type: 'text' }, into)
			parts.delta('t', { text: 'x' }, into)
			expect(parts.isWaiting).toBe(true)
			parts.delta('a', { text: '}' }, into)
			parts.end('a', {}, into)
			parts.delta('t', { text: 'y' }, into)
		})
		expect(events).toBe('+a tool-call:{ tool-call:} - +text text:x text:y')
	})

	test('a part that ends while it waits is emitted whole', () => {
		const events = sequence((parts, into) => {
			for (const id of ['a', 'b', 'c']) parts.start(id, call(id), into)
			parts.delta('b', { text: '2' }, into)
			parts.end('b', {}, into)
			parts.delta('a', { text: '1' }, into)
			parts.delta('c', { text: '3' }, into)
			parts.end('a', {}, into)
		})
		expect(events).toBe('+a tool-call:1 - +b tool-call:2 - +c tool-call:3')
	})

	test('a reserved position is filled when its part starts', () => {
		const events = sequence((parts, into) => {
			parts.reserve('a')
			parts.start('t', { type: 'text' }, into)
			parts.delta('t', { text: 'x' }, into)
			expect(into).toEqual([])
			parts.start('a', call('a'), into)
			parts.end('a', {}, into)
			expect(parts.has('a')).toBe(false)
		})
		expect(events).toBe('+a - +text text:x')
	})

	test('pieces and ends of unknown parts have no effect', () => {
		const events = sequence((parts, into) => {
			parts.delta('a', { text: 'x' }, into)
			parts.end('a', {}, into)
			parts.start('i', { type: 'image', url: 'https://x.test/a.png' }, into)
			parts.delta('i', { text: 'x' }, into)
		})
		expect(events).toBe('+image')
	})

	test('at the end all parts end in order, without those that never started', () => {
		const into: ChatEvent[] = []
		const parts = new PartSequencer<string>(0)
		parts.start('a', call('a'), into)
		parts.reserve('b')
		parts.start('t', { type: 'text' }, into)
		parts.delta('t', { text: 'x' }, into)
		parts.endAll(into)
		expect(into.map(({ type }) => type)).toEqual(['part-start', 'part-end', 'part-start', 'part-delta', 'part-end'])
	})

	test('the content held for later parts is bounded', () => {
		const into: ChatEvent[] = []
		const parts = new PartSequencer<string>(0)
		parts.start('a', call('a'), into)
		parts.start('t', { type: 'text' }, into)
		const megabyte = 'x'.repeat(1_048_576)
		expect(() => {
			for (let index = 0; index < 9; index++) parts.delta('t', { text: megabyte }, into)
		}).toThrow('too much content')
	})
})
