// Calls of functions that stand for custom tools, read back as custom calls.

import { expect, test } from 'bun:test'
import type { ChatEvent } from '../../chat/event.ts'
import type { ToolKind } from '../../chat/message.ts'
import { CustomCallsReader } from './custom-calls-reader.ts'

const call = (id: string, name: string, kind: ToolKind = 'function'): ChatEvent => ({
	type: 'part-start',
	choice: 0,
	part: { type: 'tool-call', kind, id, name },
})
const fragment = (text: string): ChatEvent => ({ type: 'part-delta', choice: 0, part: 'tool-call', text })
const end: ChatEvent = { type: 'part-end', choice: 0 }
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
		call('c0', 'patch'),
		fragment('{"inp'),
		fragment('ut":"a\\nb"}'),
		end,
		call('c1', 'look'),
		fragment('{}'),
		end,
		call('c2', 'patch'),
		fragment('no json'),
		end,
		finish,
	]
	expect(read(events)).toEqual([
		call('c0', 'patch', 'custom'),
		fragment('a\nb'),
		end,
		call('c1', 'look'),
		fragment('{}'),
		end,
		call('c2', 'patch', 'custom'),
		fragment('no json'),
		end,
		finish,
	])
})

test('unknown fields of the message do not wait for the arguments', () => {
	const rest: ChatEvent = { type: 'rest', choice: 0, rest: { wire: 'w', fields: { a: 1 } } }
	const events = [call('c0', 'patch'), fragment('{"input":'), rest, fragment('"a"}'), end, finish]
	expect(read(events)).toEqual([call('c0', 'patch', 'custom'), rest, fragment('a'), end, finish])
})
