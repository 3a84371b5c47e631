// Writes a response as the server-sent events of the Messages API, in which one content block is open at a time: one
// for each part. Sources: the types of Anthropic's SDKs, and how their readers handle the events.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, ChoiceFinishEvent, PartDeltaEvent, PartEndEvent, StartedPart } from '../../chat/event.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import { mergeRest, type Rest, restFor } from '../../chat/rest.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { type BlockShape, writeRedacted, writeText, writeThinking, writeToolUse } from './content-block-writer.ts'
import { writeErrorBody } from './error-writer.ts'
import { messagesWire } from './formats.ts'
import type { MessageIdentity } from './message-answer-writer.ts'
import { type CallSignature, writeCallSignature, writeSignature } from './signature-text.ts'
import { writeStop } from './stop-reason-writer.ts'
import { writeCounts, writeUsage } from './usage-writer.ts'

/**
 * Writes one response; call it with the events in order. This wire has one choice, so events of other choices are
 * ignored.
 */
export class MessageEventWriter {
	private readonly identity: MessageIdentity
	private readonly shape: BlockShape
	private index = -1
	/** The open part. Its block is opened with its first content: empty text has no block. */
	private part: StartedPart | undefined
	private isBlockOpen = false
	private refusal = ''
	private hasCalls = false
	private rest: Rest | undefined
	private ending: ReturnType<typeof writeStop> | undefined

	constructor(identity: MessageIdentity, shape: BlockShape) {
		this.identity = identity
		this.shape = shape
	}

	/** The server-sent events for `event`: none, one or several, each terminated by an empty line. */
	write(event: ChatEvent): string {
		if ('choice' in event && event.choice !== 0) return ''
		switch (event.type) {
			case 'start':
				return this.begin(event.usage ?? countedUsage(0))
			case 'part-start':
				return this.startPart(event.part)
			case 'part-delta':
				return this.writeDelta(event)
			case 'part-end':
				return this.endPart(event)
			case 'rest':
				this.rest = mergeRest(this.rest, event.rest)
				return ''
			case 'choice-finish':
				return this.finishChoice(event)
			case 'finish':
				return this.finish(event.usage)
			case 'error':
				return writeErrorEvent(event.error)
			default:
				return event satisfies never
		}
	}

	/** The final counts are in `message_delta`. */
	private begin(usage: Usage): string {
		const { id, model } = this.identity
		const message = {
			id,
			type: 'message',
			role: 'assistant',
			model,
			content: [],
			stop_reason: null,
			stop_sequence: null,
			stop_details: null,
			container: null,
			diagnostics: null,
			usage: writeUsage(usage),
		}
		return writeEvent('message_start', { message })
	}

	private startPart(part: StartedPart): string {
		this.part = part
		switch (part.type) {
			case 'tool-call': {
				const { id, signature } = part
				this.hasCalls = true
				const before = signature === undefined ? '' : this.callSignature({ id, signature })
				return before + this.openBlock(writeToolUse(part, {}))
			}
			case 'provider-item':
				return part.wire === messagesWire ? this.providerItem(part.item) : ''
			case 'text':
			case 'reasoning':
			case 'refusal':
			case 'image':
			case 'audio':
				return ''
			default:
				return part satisfies never
		}
	}

	private writeDelta({ part, text }: PartDeltaEvent): string {
		if (text === '') return ''
		switch (part) {
			case 'refusal':
				this.refusal += text
				return this.textDelta(text)
			case 'text':
				return this.textDelta(text)
			case 'reasoning':
				if (this.shape.hidesThinking) return ''
				return this.thinkingBlock() + this.delta(`{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`)
			case 'tool-call':
				return this.delta(`{"type":"input_json_delta","partial_json":${JSON.stringify(text)}}`)
			default:
				return part satisfies never
		}
	}

	private endPart({ signature, encrypted, rest }: PartEndEvent): string {
		const { part } = this
		if (part?.type === 'text') return this.citations(mergeRest(part.rest, rest)) + this.close()
		if (signature === undefined) return this.close()
		if (part?.type === 'tool-call') return this.close() + this.callSignature({ id: part.id, signature })
		const written = writeSignature(signature, this.shape.tagsSignatures)
		if (encrypted === true) return this.close() + this.redacted(written, mergeRest(startRest(part), rest))
		const delta = JSON.stringify({ type: 'signature_delta', signature: written })
		return this.thinkingBlock() + this.delta(delta) + this.close()
	}

	private citations(rest: Rest | undefined): string {
		const { citations } = restFor(messagesWire, rest)
		if (!Array.isArray(citations)) return ''
		return citations
			.map((citation) => this.textBlock() + this.delta(stringifyJson({ type: 'citations_delta', citation })))
			.join('')
	}

	/** Clients expect the input of calls, and the content of compactions, in deltas. */
	private providerItem(item: JsonObject): string {
		const { input, content, encrypted_content } = item
		if (isObject(input)) {
			const delta = { type: 'input_json_delta', partial_json: stringifyJson(input) }
			return this.openBlock({ ...item, input: {} }) + this.delta(stringifyJson(delta)) + this.close()
		}
		if (item.type !== 'compaction') return this.openBlock(item) + this.close()
		const delta = { type: 'compaction_delta', content, encrypted_content }
		return this.openBlock({ ...item, content: null }) + this.delta(stringifyJson(delta)) + this.close()
	}

	private finishChoice({ reason, stopText }: ChoiceFinishEvent): string {
		const { hasCalls, refusal } = this
		this.ending = writeStop({ reason, stopText, hasCalls, refusal })
		return this.close()
	}

	private finish(usage: Usage): string {
		const { ending = writeStop({ reason: 'stop', hasCalls: false, refusal: '' }) } = this
		const {
			stop_reason = ending.stop_reason,
			stop_details = ending.stop_details,
			container = null,
			...others
		} = restFor(messagesWire, this.rest)
		const delta = { ...ending, stop_reason, stop_details, container }
		return (
			this.close() +
			writeEvent('message_delta', { ...others, delta, usage: writeCounts(usage) }) +
			writeEvent('message_stop', {})
		)
	}

	private textDelta(text: string): string {
		return this.textBlock() + this.delta(`{"type":"text_delta","text":${JSON.stringify(text)}}`)
	}

	/** Opens the block of the open part, with its first content. */
	private textBlock(): string {
		if (this.isBlockOpen) return ''
		return this.openBlock({ ...writeText('', startRest(this.part)), citations: undefined })
	}

	private thinkingBlock(): string {
		return this.isBlockOpen ? '' : this.openBlock(writeThinking('', '', startRest(this.part)))
	}

	private openBlock(content_block: object): string {
		this.isBlockOpen = true
		this.index++
		return writeEvent('content_block_start', { index: this.index, content_block })
	}

	private callSignature(signature: CallSignature): string {
		return this.redacted(writeCallSignature(signature, this.shape.tagsSignatures))
	}

	/** A redacted block has no deltas. */
	private redacted(data: string, rest?: Rest): string {
		return this.openBlock(writeRedacted(data, rest)) + this.close()
	}

	private close(): string {
		if (!this.isBlockOpen) return ''
		this.isBlockOpen = false
		return writeEvent('content_block_stop', { index: this.index })
	}

	private delta(delta: string): string {
		return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.index},"delta":${delta}}\n\n`
	}
}

function startRest(part: StartedPart | undefined): Rest | undefined {
	return part?.type === 'text' || part?.type === 'reasoning' || part?.type === 'refusal' ? part.rest : undefined
}

/** An error as the last event of a stream that has started. */
export function writeErrorEvent(error: ChatError): string {
	return `event: error\ndata: ${JSON.stringify(writeErrorBody(error))}\n\n`
}

/** Keeps an idle stream alive. */
export const ping = 'event: ping\ndata: {"type":"ping"}\n\n'

function writeEvent(type: string, fields: object): string {
	return `event: ${type}\ndata: ${stringifyJson({ type, ...fields })}\n\n`
}
