// An item while it is streamed: its content so far, and the events for each addition. The event writer adds its
// position in the response.

import type { PartEndEvent, TokenLogprob } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { ToolCall } from '../../../chat/message.ts'
import { kindOf } from './answer-items.ts'
import { namesOf, writeCall } from './call-item-writer.ts'
import type { Item, ItemShape, ItemStatus } from './item-shape.ts'
import { writeLogprobs, writeMessageItem, writeReasoning, writeRefusalPart, writeTextPart } from './item-writer.ts'

/** An event without its position: its type and its fields. */
export type ItemEvent = readonly [type: string, fields: JsonObject]

export interface OpenItem {
	readonly id: string
	/** Whether one of its parts has not ended. */
	readonly isGrowing: boolean
	/** False while the item cannot be written, because too little is known of it. */
	readonly isReady?: boolean
	/** The item with its content so far. */
	item(status: ItemStatus): Item
	/** Ends its open part: the events that report the whole part. None if it has no open part. */
	end(): readonly ItemEvent[]
}

export class OpenReasoningItem implements OpenItem {
	readonly id: string
	isGrowing = true
	private readonly shape: ItemShape
	private text = ''
	private seal: Pick<PartEndEvent, 'signature' | 'encrypted' | 'rest'> = {}

	constructor(id: string, shape: ItemShape) {
		this.id = id
		this.shape = shape
	}

	item(status: ItemStatus): Item {
		const { signature, encrypted, rest } = this.seal
		return writeReasoning(this.id, { text: this.text, signature, encrypted, rest }, status, this.shape)
	}

	add(piece: string): readonly ItemEvent[] {
		const events: ItemEvent[] = []
		const { index, names } = this.form
		if (this.text === '') events.push([names.added, { ...index, part: this.part() }])
		this.text += piece
		events.push([names.delta, { ...index, delta: piece }])
		return events
	}

	/** What is known when the reasoning ends. */
	sign(seal: Pick<PartEndEvent, 'signature' | 'encrypted' | 'rest'>): void {
		this.seal = seal
	}

	end(): readonly ItemEvent[] {
		if (!this.isGrowing) return []
		this.isGrowing = false
		if (this.text === '') return []
		const { index, names } = this.form
		return [
			[names.done, { ...index, text: this.text }],
			[names.ended, { ...index, part: this.part() }],
		]
	}

	private part(): JsonObject {
		return { type: this.form.type, text: this.text }
	}

	private get form(): ReasoningForm {
		return this.shape.summarizes ? reasoningForms.summary : reasoningForms.content
	}
}

/** How reasoning is streamed: the type of its part, the part's position, and the names of its events. */
interface ReasoningForm {
	readonly type: string
	readonly index: JsonObject
	readonly names: Readonly<Record<'added' | 'delta' | 'done' | 'ended', string>>
}

const reasoningForms = {
	content: {
		type: 'reasoning_text',
		index: { content_index: 0 },
		names: {
			added: 'response.content_part.added',
			delta: 'response.reasoning_text.delta',
			done: 'response.reasoning_text.done',
			ended: 'response.content_part.done',
		},
	},
	summary: {
		type: 'summary_text',
		index: { summary_index: 0 },
		names: {
			added: 'response.reasoning_summary_part.added',
			delta: 'response.reasoning_summary_text.delta',
			done: 'response.reasoning_summary_text.done',
			ended: 'response.reasoning_summary_part.done',
		},
	},
} as const satisfies Readonly<Record<string, ReasoningForm>>

interface OpenPart {
	readonly type: 'text' | 'refusal'
	text: string
	readonly logprobs: TokenLogprob[]
}

export class OpenMessage implements OpenItem {
	readonly id: string
	isGrowing = false
	private readonly parts: OpenPart[] = []

	constructor(id: string) {
		this.id = id
	}

	item(status: ItemStatus): Item {
		return writeMessageItem(this.id, this.parts.map(writePart), status)
	}

	add(type: OpenPart['type'], text: string, logprobs: readonly TokenLogprob[] = []): readonly ItemEvent[] {
		const [events, part, content_index] = this.openPart(type)
		part.text += text
		part.logprobs.push(...logprobs)
		return [
			...events,
			type === 'text'
				? ['response.output_text.delta', { content_index, delta: text, logprobs: writeLogprobs(logprobs) }]
				: ['response.refusal.delta', { content_index, delta: text }],
		]
	}

	end(): readonly ItemEvent[] {
		const part = this.parts.at(-1)
		if (part === undefined || !this.isGrowing) return []
		this.isGrowing = false
		const content_index = this.parts.length - 1
		const done: ItemEvent =
			part.type === 'text'
				? ['response.output_text.done', { content_index, text: part.text, logprobs: writeLogprobs(part.logprobs) }]
				: ['response.refusal.done', { content_index, refusal: part.text }]
		return [done, ['response.content_part.done', { content_index, part: writePart(part) }]]
	}

	/** The open part, or a new one if the last part has ended. */
	private openPart(type: OpenPart['type']): readonly [readonly ItemEvent[], OpenPart, number] {
		const last = this.parts.at(-1)
		if (last !== undefined && this.isGrowing) return [[], last, this.parts.length - 1]
		const part: OpenPart = { type, text: '', logprobs: [] }
		const content_index = this.parts.push(part) - 1
		this.isGrowing = true
		return [[['response.content_part.added', { content_index, part: writePart(part) }]], part, content_index]
	}
}

function writePart({ type, text, logprobs }: OpenPart): JsonObject {
	return type === 'text' ? writeTextPart({ text }, logprobs) : writeRefusalPart({ text })
}

export class OpenCallItem implements OpenItem {
	readonly id: string
	isGrowing = true
	private readonly call: Omit<ToolCall, 'arguments'>
	private readonly shape: ItemShape
	private text = ''

	constructor(id: string, call: Omit<ToolCall, 'arguments'>, shape: ItemShape) {
		this.id = id
		this.call = call
		this.shape = shape
	}

	get callId(): string {
		return this.call.id
	}

	item(status: ItemStatus): Item {
		return writeCall(this.id, { ...this.call, arguments: this.text }, status, this.shape)
	}

	add(fragment: string): readonly ItemEvent[] {
		this.text += fragment
		return [[`response.${this.field}.delta`, { delta: fragment }]]
	}

	end(): readonly ItemEvent[] {
		if (!this.isGrowing) return []
		this.isGrowing = false
		const { name } = namesOf(this.call, this.shape)
		return kindOf(this.call) === 'function_call'
			? [[`response.${this.field}.done`, { name, arguments: this.text }]]
			: [[`response.${this.field}.done`, { input: this.text }]]
	}

	private get field(): string {
		return kindOf(this.call) === 'function_call' ? 'function_call_arguments' : 'custom_tool_call_input'
	}
}

/** An item that arrives in one piece. */
export class OpenWholeItem implements OpenItem {
	readonly id: string
	isGrowing = true
	private readonly write: (status: ItemStatus) => Item
	private readonly endEvents: readonly ItemEvent[]

	constructor(id: string, write: (status: ItemStatus) => Item, endEvents: readonly ItemEvent[] = []) {
		this.id = id
		this.write = write
		this.endEvents = endEvents
	}

	item(status: ItemStatus): Item {
		return this.write(status)
	}

	end(): readonly ItemEvent[] {
		if (!this.isGrowing) return []
		this.isGrowing = false
		return this.endEvents
	}
}
