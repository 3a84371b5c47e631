import { describe, expect, test } from 'bun:test'
import type { Message, UserPart } from '../../../chat/message.ts'
import type { StoredMessage } from '../../../conversations/conversation.ts'
import { conversationId } from '../../../conversations/conversation-id.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { markCall, readItemId, writeItemId } from './item-id.ts'
import { mergeItems, readItems } from './item-reader.ts'
import { type ItemShape, plainItems, writeStoredItems } from './item-writer.ts'
import { extractItem, withoutItem } from './message-item.ts'
import { unflattenBy } from './tool-name.ts'

const turn = turnId('0193a0000000700080000000000000ab')

/** Numbers that only depend on `seed`: mulberry32. */
function numbers(seed: number): (below: number) => number {
	let state = seed
	return (below) => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below
	}
}

const texts = ['', 'Hi', 'é "quoted"\n', '𝛑 and more', '{"a":1}']

/** A history as engines and clients make it: no two answers side by side, since items cannot tell them apart. */
function history(seed: number): readonly Message[] {
	const below = numbers(seed)
	const text = () => texts[below(texts.length)] ?? ''
	const parts = (): readonly UserPart[] =>
		Array.from({ length: 1 + below(3) }, (): UserPart => {
			switch (below(5)) {
				case 0:
					return { type: 'image', url: 'data:image/png;base64,AA==', ...(below(2) === 0 ? {} : { detail: 'low' }) }
				case 1:
					return { type: 'audio', data: 'AA==', format: 'wav' }
				case 2:
					return { type: 'file', name: 'a.txt', data: 'data:text/plain;base64,AA==' }
				default:
					return { type: 'text', text: text() }
			}
		})
	const messages: Message[] = []
	for (let exchange = 0; exchange < 1 + below(4); exchange++) {
		if (below(4) === 0)
			messages.push({ role: below(2) === 0 ? 'system' : 'developer', content: [{ type: 'text', text: text() }] })
		messages.push({ role: 'user', content: parts() })
		const reasoning = text()
		const toolCalls = Array.from({ length: below(3) }, (_, index) => ({
			type: below(2) === 0 ? ('function' as const) : ('custom' as const),
			id: `call_${exchange}_${index}`,
			name: below(2) === 0 ? 'f' : 'mcp__x__f',
			arguments: text(),
		}))
		messages.push({
			role: 'assistant',
			content: Array.from({ length: below(3) }, () => ({
				type: below(3) === 0 ? ('refusal' as const) : ('text' as const),
				text: text(),
			})),
			...(reasoning === '' ? {} : { reasoning }),
			toolCalls,
		})
		for (const { id } of toolCalls)
			messages.push({
				role: 'tool',
				callId: id,
				content: Array.from({ length: 1 + below(2) }, () => ({ type: 'text' as const, text: text() })),
			})
	}
	return messages
}

const store = (messages: readonly Message[]): readonly StoredMessage[] =>
	messages.map((message, index) => ({
		id: message.role === 'assistant' ? answerId(turn, index) : inputId(turn, index),
		conversation: conversationId('c'),
		turn,
		depth: index,
		message,
		partial: false,
		createdAtMs: 0,
	}))

const shapes: readonly ItemShape[] = [
	plainItems,
	{
		withEncryptedReasoning: true,
		unflatten: unflattenBy([{ type: 'namespace', name: 'mcp__x__', tools: [{ name: 'f' }] }]),
	},
]

describe('written items', () => {
	test('are read back as the same messages', () => {
		for (let seed = 0; seed < 300; seed++)
			for (const shape of shapes) {
				const messages = history(seed)
				const items: unknown = JSON.parse(JSON.stringify(writeStoredItems(store(messages), shape)))
				const body = { input: items }
				const read = mergeItems(readItems(Array.isArray(items) ? items : [], { body, field: 'input' }))
				expect(read, `seed ${seed}`).toEqual(messages)
			}
	})

	test('are found by the id of each item', () => {
		for (let seed = 0; seed < 100; seed++) {
			const stored = store(history(seed))
			const items = writeStoredItems(stored)
			expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
			const found = items.flatMap(({ id }) => {
				const read = readItemId(id)
				const message = stored.find((one) => one.id === read?.message)
				const piece = read === undefined || message === undefined ? undefined : extractItem(message.message, read)
				return piece === undefined ? [] : [piece]
			})
			expect(mergeItems(found), `seed ${seed}`).toEqual(stored.map(({ message }) => message))
		}
	})
})

test('foreign ids are not recognized as ours', () => {
	for (const id of ['', 'msg_1', `msg_${turn}`, `xy_${turn}-0`, `msg_${turn}-0-x`, `MSG_${turn}-0`])
		expect(readItemId(id)).toBeUndefined()
	const id = writeItemId('function_call', answerId(turn, 0), 'call_1')
	expect(readItemId(id)).toEqual({ kind: 'function_call', message: answerId(turn, 0), turn, call: markCall('call_1') })
	expect(readItemId(`msg_${turn}-a0.1`)).toEqual({ kind: 'message', message: answerId(turn, 0), turn })
})

test('an item that its message lacks is not found', () => {
	const message: Message = { role: 'assistant', content: [], toolCalls: [] }
	const id = { message: answerId(turn, 0), turn }
	expect(extractItem(message, { ...id, kind: 'reasoning' })).toBeUndefined()
	expect(extractItem(message, { ...id, kind: 'function_call', call: markCall('x') })).toBeUndefined()
	expect(extractItem(message, { ...id, kind: 'function_call_output' })).toBeUndefined()
})

test('an item is removed from its message, and the message with its last item', () => {
	const call = (id: string) => ({ type: 'function', id, name: 'f', arguments: '{}' }) as const
	const message: Message = {
		role: 'assistant',
		reasoning: 'R',
		content: [{ type: 'text', text: 'T' }],
		toolCalls: [call('c1'), call('c2')],
	}
	const id = { message: answerId(turn, 0), turn }
	const steps = [
		{ ...id, kind: 'function_call', call: markCall('c1') },
		{ ...id, kind: 'message' },
		{ ...id, kind: 'reasoning' },
		{ ...id, kind: 'function_call', call: markCall('c2') },
	] as const
	const left: (Message | undefined)[] = []
	for (const step of steps) left.push(withoutItem(left.at(-1) ?? message, step))
	expect(left).toEqual([
		{ ...message, toolCalls: [call('c2')] },
		{ ...message, toolCalls: [call('c2')], content: [] },
		{ role: 'assistant', toolCalls: [call('c2')], content: [] },
		undefined,
	])
})
