// An item while it is streamed: its content so far, and the events for each addition. The event writer adds its
// position in the response.

import type { TokenLogprob } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { ToolCall } from '../../../chat/message.ts'
import {
	callType,
	type Item,
	type ItemShape,
	type ItemStatus,
	writeCall,
	writeLogprobs,
	writeMessageItem,
	writeReasoning,
	writeRefusalPart,
	writeTextPart,
} from './item-writer.ts'

/** An event without its position: its type and its fields. */
export type ItemEvent = readonly [type: string, fields: JsonObject]

export interface OpenItem {
	readonly id: string
	/** The item with its content so far. */
	item(status: ItemStatus): Item
	/** The events that precede `done`. */
	close(): readonly ItemEvent[]
}

export class OpenReasoningItem implements OpenItem {
	readonly id: string
	private readonly shape: ItemShape
	private text = ''
	private begun = false

	constructor(id: string, shape: ItemShape) {
		this.id = id
		this.shape = shape
	}

	item(status: ItemStatus): Item {
		return writeReasoning(this.id, this.text, status, this.shape)
	}

	add(piece: string): readonly ItemEvent[] {
		const events: ItemEvent[] = []
		if (!this.begun) events.push(['response.content_part.added', { content_index: 0, part: this.part() }])
		this.begun = true
		this.text += piece
		events.push(['response.reasoning_text.delta', { content_index: 0, delta: piece }])
		return events
	}

	close(): readonly ItemEvent[] {
		if (!this.begun) return []
		return [
			['response.reasoning_text.done', { content_index: 0, text: this.text }],
			['response.content_part.done', { content_index: 0, part: this.part() }],
		]
	}

	private part(): JsonObject {
		return { type: 'reasoning_text', text: this.text }
	}
}

interface OpenPart {
	readonly type: 'text' | 'refusal'
	text: string
	readonly logprobs: TokenLogprob[]
}

export class OpenMessage implements OpenItem {
	readonly id: string
	private readonly parts: OpenPart[] = []

	constructor(id: string) {
		this.id = id
	}

	item(status: ItemStatus): Item {
		return writeMessageItem(this.id, this.parts.map(writePart), status)
	}

	addText(text: string, logprobs: readonly TokenLogprob[] = []): readonly ItemEvent[] {
		const [events, part, content_index] = this.partOf('text')
		part.text += text
		part.logprobs.push(...logprobs)
		const delta = { content_index, delta: text, logprobs: writeLogprobs(logprobs) }
		return [...events, ['response.output_text.delta', delta]]
	}

	addRefusal(text: string): readonly ItemEvent[] {
		const [events, part, content_index] = this.partOf('refusal')
		part.text += text
		return [...events, ['response.refusal.delta', { content_index, delta: text }]]
	}

	close(): readonly ItemEvent[] {
		const part = this.parts.at(-1)
		if (part === undefined) return []
		const content_index = this.parts.length - 1
		const done: ItemEvent =
			part.type === 'text'
				? ['response.output_text.done', { content_index, text: part.text, logprobs: writeLogprobs(part.logprobs) }]
				: ['response.refusal.done', { content_index, refusal: part.text }]
		return [done, ['response.content_part.done', { content_index, part: writePart(part) }]]
	}

	/** The last part, or a new one if the last part is of another kind. */
	private partOf(type: OpenPart['type']): readonly [readonly ItemEvent[], OpenPart, number] {
		const last = this.parts.at(-1)
		if (last?.type === type) return [[], last, this.parts.length - 1]
		const closing = this.close()
		const part: OpenPart = { type, text: '', logprobs: [] }
		const content_index = this.parts.push(part) - 1
		return [
			[...closing, ['response.content_part.added', { content_index, part: writePart(part) }]],
			part,
			content_index,
		]
	}
}

function writePart({ type, text, logprobs }: OpenPart): JsonObject {
	return type === 'text' ? writeTextPart(text, logprobs) : writeRefusalPart(text)
}

export class OpenCallItem implements OpenItem {
	readonly id: string
	private readonly call: Omit<ToolCall, 'arguments'>
	private readonly shape: ItemShape
	private text = ''

	constructor(id: string, call: Omit<ToolCall, 'arguments'>, shape: ItemShape) {
		this.id = id
		this.call = call
		this.shape = shape
	}

	item(status: ItemStatus): Item {
		return writeCall(this.id, { ...this.call, arguments: this.text }, status, this.shape)
	}

	add(fragment: string): readonly ItemEvent[] {
		this.text += fragment
		return [[`response.${this.field}.delta`, { delta: fragment }]]
	}

	close(): readonly ItemEvent[] {
		const { name } = this.shape.unflatten(this.call.name)
		return callType(this.call) === 'function_call'
			? [[`response.${this.field}.done`, { name, arguments: this.text }]]
			: [[`response.${this.field}.done`, { input: this.text }]]
	}

	private get field(): string {
		return callType(this.call) === 'function_call' ? 'function_call_arguments' : 'custom_tool_call_input'
	}
}
