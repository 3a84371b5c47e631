// One item of a stored message: extracts it, or removes it.

import type { AssistantMessage, Message } from '../../../chat/message.ts'
import { type ItemId, markCall } from './item-id.ts'
import type { ParsedItem } from './item-reader.ts'

/** @returns undefined if the message has no such item. */
export function extractItem(message: Message, { kind, call }: ItemId): ParsedItem | undefined {
	if (message.role !== 'assistant') {
		const isOutput = kind === 'function_call_output' || kind === 'custom_tool_call_output'
		return (message.role === 'tool') === isOutput ? { type: 'message', message } : undefined
	}
	const nothing = { content: [], toolCalls: [] }
	switch (kind) {
		case 'message':
			return { type: 'assistant', message: { ...nothing, content: message.content } }
		case 'reasoning': {
			const { reasoning } = message
			return reasoning === undefined ? undefined : { type: 'assistant', message: { ...nothing, reasoning } }
		}
		case 'function_call':
		case 'custom_tool_call': {
			const one = message.toolCalls.find(({ id }) => markCall(id) === call)
			return one === undefined ? undefined : { type: 'assistant', message: { ...nothing, toolCalls: [one] } }
		}
		default:
			return undefined
	}
}

/** @returns the message without the item, or undefined if nothing remains. */
export function withoutItem(message: Message, { kind, call }: ItemId): Message | undefined {
	if (message.role !== 'assistant') return undefined
	const { reasoning, ...rest } = message
	const left: AssistantMessage = {
		...rest,
		reasoning: kind === 'reasoning' ? undefined : reasoning,
		content: kind === 'message' ? [] : message.content,
		toolCalls: message.toolCalls.filter(({ id }) => call === undefined || markCall(id) !== call),
	}
	const isEmpty = left.content.length === 0 && left.toolCalls.length === 0 && left.reasoning === undefined
	return isEmpty ? undefined : left
}
