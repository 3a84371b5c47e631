import { describe, expect, test } from 'bun:test'
import type { AssistantPart, Message, UserPart } from '../../../chat/message.ts'
import type { StoredMessage } from '../../../conversations/conversation.ts'
import { conversationId } from '../../../conversations/conversation-id.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { markCall, readItemId, writeItemId } from './item-id.ts'
import { readItems } from './item-reader.ts'
import { type ItemShape, plainItems } from './item-shape.ts'
import { writeStoredItems } from './item-writer.ts'
import { extractItem, withoutItem } from './message-item.ts'
import { mergeItems } from './parsed-items.ts'
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

function answerPart(below: (limit: number) => number, text: string, id: string): AssistantPart {
	switch (below(6)) {
		case 0:
			return { type: 'refusal', text }
		case 1:
			return { type: 'reasoning', text: text === '' ? 'Hm' : text }
		case 2:
			return { type: 'image', url: 'data:image/webp;base64,AA==' }
		case 3:
			return {
				type: 'tool-call',
				kind: below(2) === 0 ? 'function' : 'custom',
				id,
				name: below(2) === 0 ? 'f' : 'mcp__x__f',
				arguments: text,
			}
		default:
			return { type: 'text', text }
	}
}

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
		const content = Array.from({ length: below(6) }, (_, index) =>
			answerPart(below, text(), `call_${exchange}_${index}`),
		)
		messages.push({ role: 'assistant', content })
		for (const part of content)
			if (part.type === 'tool-call')
				messages.push({
					role: 'tool',
					callId: part.id,
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
		tagsSignatures: false,
		summarizes: false,
		clientCallOf: () => undefined,
		unflatten: unflattenBy([{ type: 'namespace', name: 'mcp__x__', tools: [{ name: 'f' }] }]),
	},
	{ ...plainItems, summarizes: true },
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
				const piece = message === undefined ? undefined : extractItem(message, id)
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
	const message: Message = { role: 'assistant', content: [] }
	const stored = { id: answerId(turn, 0), message }
	expect(extractItem(stored, writeItemId('reasoning', stored.id))).toBeUndefined()
	expect(extractItem(stored, writeItemId('function_call', stored.id, 'x'))).toBeUndefined()
	expect(extractItem(stored, writeItemId('function_call_output', stored.id))).toBeUndefined()
	expect(extractItem(stored, writeItemId('message', stored.id, undefined, 1))).toBeUndefined()
})

test('an item is removed from its message, and the message with its last item', () => {
	const call = (id: string) => ({ type: 'tool-call', kind: 'function', id, name: 'f', arguments: '{}' }) as const
	const [reasoning, first, second] = [{ type: 'reasoning', text: 'R' }, text('T'), text('U')] as const
	const message: Message = { role: 'assistant', content: [reasoning, first, call('c1'), second, call('c2')] }
	const id = answerId(turn, 0)
	const steps = [
		writeItemId('function_call', id, 'c1'),
		writeItemId('message', id),
		writeItemId('reasoning', id),
		writeItemId('function_call', id, 'c2'),
	]
	const left: (Message | undefined)[] = []
	for (const step of steps) left.push(withoutItem({ id, message: left.at(-1) ?? message }, step))
	expect(left).toEqual([
		{ ...message, content: [reasoning, first, second, call('c2')] },
		{ ...message, content: [reasoning, call('c2')] },
		{ ...message, content: [call('c2')] },
		undefined,
	])
	const later = writeItemId('message', id, undefined, 1)
	expect(withoutItem({ id, message }, later)).toEqual({
		...message,
		content: [reasoning, first, call('c1'), call('c2')],
	})
})

test('the item of a signature is found by its id, and removed without its call', () => {
	const signature = { wire: 'gemini', value: 's', origin: 'o' }
	const call = { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' } as const
	const message: Message = { role: 'assistant', content: [text('A'), { ...call, signature }] }
	const stored = { id: answerId(turn, 0), message, partial: false }
	const items = writeStoredItems([stored], { ...plainItems, withEncryptedReasoning: true, tagsSignatures: true })
	expect(items.map(({ type }) => type)).toEqual(['message', 'reasoning', 'function_call'])
	const pieces = items.flatMap(({ id }) => extractItem(stored, id) ?? [])
	expect(mergeItems(pieces)).toEqual([message])
	expect(withoutItem(stored, items[1]?.id ?? '')).toEqual({ ...message, content: [text('A'), call] })
	expect(writeStoredItems([stored]).map(({ id }) => id)).toEqual([items[0]?.id ?? '', items[2]?.id ?? ''])
})

function text(value: string) {
	return { type: 'text', text: value } as const
}
