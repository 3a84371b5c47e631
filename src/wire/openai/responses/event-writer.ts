// Writes an answer as the server-sent events of the Responses API. Every event has its number and is one string, so no
// reader sees half of one. Sources: OpenAI's OpenAPI description, Open Responses, and observed failures of SDKs.

import type {
	ChatEvent,
	ErrorEvent,
	FinishEvent,
	FinishReason,
	PartDeltaEvent,
	PartEndEvent,
	StartEvent,
	StartedPart,
} from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { stringifyJson } from '../../../chat/json-text.ts'
import type { Signature } from '../../../chat/message.ts'
import type { Usage } from '../../../chat/usage.ts'
import { answerId } from '../../../conversations/message-id.ts'
import { writeError } from '../error-writer.ts'
import { isItemPart, kindOf } from './answer-items.ts'
import { ItemIds } from './item-id.ts'
import type { Item, ItemShape } from './item-shape.ts'
import { signatureItem, writeImage, writeProviderItem } from './item-writer.ts'
import { OpenClientCall } from './open-client-call.ts'
import {
	type ItemEvent,
	OpenCallItem,
	type OpenItem,
	OpenMessage,
	OpenReasoningItem,
	OpenWholeItem,
} from './open-item.ts'
import {
	compactionItems,
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
	private readonly ids: ItemIds
	private open: OpenItem | undefined
	/** Whether the first event of the open item was written. */
	private isAnnounced = false
	private sequence = 0
	private model: string | undefined
	private finishReason: FinishReason | undefined

	constructor(identity: ResponseIdentity, shape: ResponseShape) {
		this.identity = identity
		this.shape = shape
		this.items = itemShape(shape, identity.tagsSignatures)
		this.ids = new ItemIds(answerId(identity.token, 0))
	}

	/** The server-sent events for `event`: none, one or several, each terminated by an empty line. */
	write(event: ChatEvent): string {
		switch (event.type) {
			case 'start':
				return this.begin(event)
			case 'part-start':
				return this.startPart(event.part)
			case 'part-delta':
				return this.addDelta(event)
			case 'part-end':
				return this.endPart(event)
			case 'rest':
				return ''
			case 'choice-finish':
				return this.finishChoice(event.reason)
			case 'finish':
				return this.finish(event)
			case 'error':
				return this.fail(event)
			default:
				return event satisfies never
		}
	}

	private begin(event: StartEvent): string {
		this.model = event.model
		const response = this.response({ status: 'in_progress' })
		let text = this.emit('response.created', { response }) + this.emit('response.in_progress', { response })
		for (const item of compactionItems(this.shape, this.identity.token))
			text += this.begun(new OpenWholeItem(item.id, () => item)) + this.close('completed')
		return text
	}

	/** Texts and reasoning may turn out to be empty, so their items begin with their content. */
	private startPart(part: StartedPart): string {
		switch (part.type) {
			case 'text':
			case 'refusal':
			case 'reasoning':
			case 'audio':
				return ''
			case 'tool-call': {
				const { kind, id, name, signature, rest } = part
				const call = { type: 'tool-call', kind, id, name, rest } as const
				const type = this.items.clientCallOf(call)
				const item =
					type === undefined
						? new OpenCallItem(this.ids.next(kindOf(part), id), call, this.items)
						: new OpenClientCall(this.ids.next(type, id), type, call)
				return this.sign(id, signature) + this.begun(item)
			}
			case 'image': {
				if (!isItemPart(part)) return ''
				const id = this.ids.next(kindOf(part))
				const completed: ItemEvent = ['response.image_generation_call.completed', {}]
				return this.begun(new OpenWholeItem(id, (status) => writeImage(id, part, status), [completed]))
			}
			case 'provider-item': {
				if (!isItemPart(part)) return ''
				const id = this.ids.next(kindOf(part))
				return this.begun(new OpenWholeItem(id, () => writeProviderItem(id, part)))
			}
			default:
				return part satisfies never
		}
	}

	private addDelta({ part, text, logprobs }: PartDeltaEvent): string {
		switch (part) {
			case 'text':
			case 'refusal': {
				const [opening, message] = this.message()
				return opening + this.grow(message.add(part, text, logprobs))
			}
			case 'reasoning': {
				if (text === '') return ''
				const [opening, reasoning] = this.reasoning()
				return opening + this.grow(reasoning.add(text))
			}
			case 'tool-call':
				return isOpenCall(this.open) ? this.grow(this.open.add(text)) : ''
			default:
				return part satisfies never
		}
	}

	private endPart({ signature, encrypted, rest }: PartEndEvent): string {
		const { open } = this
		if (open instanceof OpenReasoningItem && open.isGrowing) open.sign({ signature, encrypted, rest })
		else if (isOpenCall(open) && open.isGrowing && signature !== undefined) {
			const growth = this.grow(open.end())
			return growth + this.close('completed') + this.sign(open.callId, signature)
		} else if (open?.isGrowing !== true && signature !== undefined) {
			const [opening, reasoning] = this.reasoning()
			reasoning.sign({ signature, encrypted, rest })
			return opening + this.grow(reasoning.end())
		}
		return this.grow(open?.end() ?? [])
	}

	private message(): readonly [string, OpenMessage] {
		if (this.open instanceof OpenMessage) return ['', this.open]
		const message = new OpenMessage(this.ids.next('message'))
		return [this.begun(message), message]
	}

	private reasoning(): readonly [string, OpenReasoningItem] {
		if (this.open instanceof OpenReasoningItem && this.open.isGrowing) return ['', this.open]
		const reasoning = new OpenReasoningItem(this.ids.next('reasoning'), this.items)
		return [this.begun(reasoning), reasoning]
	}

	/** Writes the item that contains a call's signature, if the client carries signatures. */
	private sign(call: string, signature: Signature | undefined): string {
		const item = signatureItem({ id: call }, signature, this.ids, this.items)
		return item === undefined ? '' : this.begun(new OpenWholeItem(item.id, (status) => ({ ...item, status })))
	}

	private begun(item: OpenItem): string {
		const closing = this.close('completed')
		this.open = item
		this.isAnnounced = false
		return closing + this.announce()
	}

	/** The first event of the open item, if it has not been written. */
	private announce(): string {
		if (this.open === undefined || this.isAnnounced || this.open.isReady === false) return ''
		this.isAnnounced = true
		const item = this.open.item('in_progress')
		return this.emit('response.output_item.added', { output_index: this.done.length, item })
	}

	private grow(events: readonly ItemEvent[]): string {
		const item_id = this.open?.id ?? ''
		const output_index = this.done.length
		let text = this.announce()
		for (const [type, fields] of events) text += this.emit(type, { item_id, output_index, ...fields })
		return text
	}

	private close(status: 'completed' | 'incomplete'): string {
		const { open } = this
		if (open === undefined) return ''
		const growth = this.grow(open.end())
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
		const open =
			this.open === undefined || !this.isAnnounced
				? []
				: [this.open.item(this.open.isGrowing ? 'incomplete' : 'completed')]
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

function isOpenCall(item: OpenItem | undefined): item is OpenCallItem | OpenClientCall {
	return item instanceof OpenCallItem || item instanceof OpenClientCall
}

/** Required by Open Responses; OpenAI's clients stop reading there. */
const end = 'data: [DONE]\n\n'

function usageOf(usage: Usage | undefined): { readonly usage?: Usage } {
	return usage === undefined ? {} : { usage }
}
