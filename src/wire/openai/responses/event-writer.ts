// Writes an answer as the server-sent events of the Responses API. Every event has its number and is one string, so no
// reader sees half of one. Sources: OpenAI's OpenAPI description, Open Responses, and observed failures of SDKs.

import type {
	ChatEvent,
	ErrorEvent,
	FinishEvent,
	FinishReason,
	StartEvent,
	ToolCallEvent,
} from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { stringifyJson } from '../../../chat/json-text.ts'
import type { Usage } from '../../../chat/usage.ts'
import { answerId } from '../../../conversations/message-id.ts'
import { writeError } from '../error-writer.ts'
import { type ItemKind, writeFurtherItemId, writeItemId } from './item-id.ts'
import { callType, type Item, type ItemShape } from './item-writer.ts'
import { type ItemEvent, OpenCallItem, type OpenItem, OpenMessage, OpenReasoningItem } from './open-item.ts'
import {
	completedAt,
	errorOf,
	itemShape,
	type ResponseIdentity,
	type ResponseProgress,
	type ResponseShape,
	statusOf,
	writeResponse,
} from './response-writer.ts'

/** Writes one answer. Pass it the events in order. */
export class ResponseEventWriter {
	private readonly identity: ResponseIdentity
	private readonly shape: ResponseShape
	private readonly items: ItemShape
	private readonly done: Item[] = []
	private readonly times = new Map<ItemKind, number>()
	private open: OpenItem | undefined
	private sequence = 0
	private model: string | undefined
	private finishReason: FinishReason | undefined

	constructor(identity: ResponseIdentity, shape: ResponseShape) {
		this.identity = identity
		this.shape = shape
		this.items = itemShape(shape)
	}

	/** The server-sent events for `event`: none, one or several, each terminated by an empty line. */
	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
				return this.begin(event)
			case 'text': {
				const [opening, message] = this.message()
				return opening + this.grow(message.addText(event.text, event.logprobs))
			}
			case 'refusal': {
				const [opening, message] = this.message()
				return opening + this.grow(message.addRefusal(event.text))
			}
			case 'reasoning': {
				const [opening, reasoning] = this.reasoning()
				return opening + this.grow(reasoning.add(event.text))
			}
			case 'tool-call':
				return this.call(event)
			case 'tool-arguments':
				return this.open instanceof OpenCallItem ? this.grow(this.open.add(event.fragment)) : ''
			case 'choice-finish':
				return this.finishChoice(event.reason)
			case 'finish':
				return this.finish(event)
			case 'error':
				return this.fail(event)
		}
	}

	private begin(event: StartEvent): string {
		this.model = event.model
		const response = this.response({ status: 'in_progress' })
		return this.emit('response.created', { response }) + this.emit('response.in_progress', { response })
	}

	private message(): readonly [string, OpenMessage] {
		if (this.open instanceof OpenMessage) return ['', this.open]
		const message = new OpenMessage(this.nextId('message'))
		return [this.begun(message), message]
	}

	private reasoning(): readonly [string, OpenReasoningItem] {
		if (this.open instanceof OpenReasoningItem) return ['', this.open]
		const reasoning = new OpenReasoningItem(this.nextId('reasoning'), this.items)
		return [this.begun(reasoning), reasoning]
	}

	private call({ kind, id, name }: ToolCallEvent): string {
		const itemId = writeItemId(callType({ type: kind }), answerId(this.identity.token, 0), id)
		return this.begun(new OpenCallItem(itemId, { type: kind, id, name }, this.items))
	}

	private nextId(kind: 'message' | 'reasoning'): string {
		const times = this.times.get(kind) ?? 0
		this.times.set(kind, times + 1)
		return writeFurtherItemId(writeItemId(kind, answerId(this.identity.token, 0)), times)
	}

	private begun(item: OpenItem): string {
		const closing = this.close('completed')
		this.open = item
		return (
			closing +
			this.emit('response.output_item.added', { output_index: this.done.length, item: item.item('in_progress') })
		)
	}

	private grow(events: readonly ItemEvent[]): string {
		const item_id = this.open?.id ?? ''
		const output_index = this.done.length
		let text = ''
		for (const [type, fields] of events) text += this.emit(type, { item_id, output_index, ...fields })
		return text
	}

	private close(status: 'completed' | 'incomplete'): string {
		const { open } = this
		if (open === undefined) return ''
		const growth = this.grow(open.close())
		const item = open.item(status)
		const text = growth + this.emit('response.output_item.done', { output_index: this.done.length, item })
		this.done.push(item)
		this.open = undefined
		return text
	}

	/** An answer without content still has a message. */
	private finishChoice(reason: FinishReason): string {
		this.finishReason = reason
		const empty = this.open === undefined && this.done.length === 0 ? this.message()[0] : ''
		return empty + this.close(statusOf(reason))
	}

	private finish({ usage }: FinishEvent): string {
		const status = statusOf(this.finishReason ?? 'stop')
		return (
			this.emit(`response.${status}`, {
				response: this.response({ status, usage, ...completedAt(status, this.identity.now()) }),
			}) + end
		)
	}

	/**
	 * Some clients read only the error, others only the status of the response. A response cancelled by its caller has no
	 * error.
	 */
	private fail({ error, usage }: ErrorEvent): string {
		if (error.kind === 'cancelled')
			return this.emit('response.failed', { response: this.response({ status: 'cancelled', ...usageOf(usage) }) }) + end
		const failed = this.response({ status: 'failed', error: errorOf(error), ...usageOf(usage) })
		return (
			this.emit('error', { error: writeError(error).body.error }) +
			this.emit('response.failed', { response: failed }) +
			end
		)
	}

	private response(progress: Omit<ResponseProgress, 'output'>): JsonObject {
		const open = this.open === undefined ? [] : [this.open.item('incomplete')]
		return writeResponse(this.identity, this.shape, {
			...progress,
			output: [...this.done, ...open],
			model: this.model,
			finishReason: this.finishReason,
		})
	}

	private emit(type: string, fields: JsonObject): string {
		const data = stringifyJson({ type, sequence_number: this.sequence++, ...fields })
		return `event: ${type}\ndata: ${data}\n\n`
	}
}

/** Required by Open Responses; OpenAI's clients stop reading there. */
const end = 'data: [DONE]\n\n'

function usageOf(usage: Usage | undefined): { readonly usage?: Usage } {
	return usage === undefined ? {} : { usage }
}
