// Calls of functions that stand for custom tools, read back as custom calls.

import { expect, test } from 'bun:test'
import type { ChatEvent } from '../../chat/event.ts'
import { CustomCallsReader } from './custom-calls-reader.ts'

const call = (index: number, name: string): ChatEvent => ({
	type: 'tool-call',
	choice: 0,
	call: index,
	kind: 'function',
	id: `c${index}`,
	name,
})
const fragment = (index: number, text: string): ChatEvent => ({
	type: 'tool-arguments',
	choice: 0,
	call: index,
	fragment: text,
})
const finish: ChatEvent = { type: 'choice-finish', choice: 0, reason: 'tool-calls' }

/** What the reader makes of these events, one chunk for each. */
function read(events: readonly ChatEvent[]): readonly ChatEvent[] {
	const inner = { parse: (value: unknown) => value, end: () => [], fail: () => [] }
	let index = 0
	const reader = new CustomCallsReader({ ...inner, read: () => events.slice(index, ++index) }, new Set(['patch']))
	return events.flatMap(() => reader.read(undefined))
}

test('the text of a custom call is complete, and other calls stream', () => {
	const events = [
		call(0, 'patch'),
		fragment(0, '{"inp'),
		fragment(0, 'ut":"a\\nb"}'),
		call(1, 'look'),
		fragment(1, '{}'),
		call(2, 'patch'),
		fragment(2, 'no json'),
		finish,
	]
	expect(read(events)).toEqual([
		{ ...call(0, 'patch'), kind: 'custom' } as ChatEvent,
		fragment(0, 'a\nb'),
		call(1, 'look'),
		fragment(1, '{}'),
		{ ...call(2, 'patch'), kind: 'custom' } as ChatEvent,
		fragment(2, 'no json'),
		finish,
	])
})

test('text between the fragments of a custom call follows it', () => {
	const text: ChatEvent = { type: 'text', choice: 0, text: 'x' }
	const events = [call(0, 'patch'), fragment(0, '{"input":'), text, fragment(0, '"a"}'), finish]
	expect(read(events)).toEqual([{ ...call(0, 'patch'), kind: 'custom' } as ChatEvent, fragment(0, 'a'), text, finish])
})
