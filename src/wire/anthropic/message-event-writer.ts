// Writes a response as the server-sent events of the Messages API, in which one content block is open at a time.
// Sources: the types of Anthropic's SDKs, and how their readers handle the events.

import type { ChatError } from '../../chat/error.ts'
import type { ChatEvent, ChoiceFinishEvent, ReasoningEvent, ToolCallEvent } from '../../chat/event.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { Source } from '../../chat/source.ts'
import type { Usage } from '../../chat/usage.ts'
import { field } from '../json/fields.ts'
import { writeRedacted, writeText, writeThinking, writeToolUse } from './content-block-writer.ts'
import { writeErrorBody } from './error-writer.ts'
import { messageFormats } from './formats.ts'
import type { MessageIdentity, MessageShape } from './message-answer-writer.ts'
import { writeCallSignature, writeSignature } from './signature-text.ts'
import { writeStop } from './stop-reason-writer.ts'
import { withReportedUsage, writeCounts, writeUsage, zeroUsage } from './usage-writer.ts'

type BlockType = 'text' | 'thinking' | 'redacted_thinking' | 'tool_use'

/**
 * Writes one response; call it with the events in order. This wire has one choice, so events of other choices are
 * ignored.
 */
export class MessageEventWriter {
	private readonly identity: MessageIdentity
	private readonly shape: MessageShape
	private index = -1
	private open: BlockType | undefined
	private refusal = ''
	private hasCalls = false
	private ending: ReturnType<typeof writeStop> | undefined

	constructor(identity: MessageIdentity, shape: MessageShape) {
		this.identity = identity
		this.shape = shape
	}

	/** The server-sent events for `event`: none, one or several, each terminated by an empty line. */
	write(event: ChatEvent): string {
		if ('choice' in event && event.choice !== 0) return ''
		switch (event.type) {
			case 'start':
				return this.begin()
			case 'text':
				return this.text(event.text)
			case 'refusal':
				this.refusal += event.text
				return this.text(event.text)
			case 'reasoning':
				return this.reasoning(event)
			case 'tool-call':
				return this.toolCall(event)
			case 'tool-arguments':
				return event.fragment === ''
					? ''
					: this.delta(`{"type":"input_json_delta","partial_json":${text(event.fragment)}}`)
			case 'choice-finish':
				return this.finishChoice(event)
			case 'finish':
				return this.finish(event.usage)
			case 'error':
				return writeErrorEvent(event.error)
		}
	}

	/**
	 * The same for events read from `source`: an upstream of this wire reports the prompt's token count in its first
	 * event.
	 */
	repeat(source: Source, events: readonly ChatEvent[]): string {
		const [first] = events
		if (source.format !== messageFormats.event || first?.type !== 'start') return this.writeAll(events)
		return this.begin(field(field(source.value, 'message'), 'usage')) + this.writeAll(events.slice(1))
	}

	private writeAll(events: readonly ChatEvent[]): string {
		return events.map((event) => this.write(event)).join('')
	}

	private begin(reported?: unknown): string {
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
			usage: withReportedUsage(writeUsage(zeroUsage), reported),
		}
		return writeEvent('message_start', { message })
	}

	private text(piece: string): string {
		if (piece === '') return ''
		return this.ensureBlock('text', writeText('')) + this.delta(`{"type":"text_delta","text":${text(piece)}}`)
	}

	/** A signature ends a reasoning block, so it also closes the content block. */
	private reasoning({ text: piece, proof, sealed }: ReasoningEvent): string {
		if (proof !== undefined && sealed === true) return this.redacted(writeSignature(proof))
		const shown = this.shape.hidesThinking ? '' : piece
		if (shown === '' && proof === undefined) return ''
		const opened = this.ensureBlock('thinking', writeThinking('', ''))
		const thought = shown === '' ? '' : this.delta(`{"type":"thinking_delta","thinking":${text(shown)}}`)
		if (proof === undefined) return opened + thought
		const signature = this.delta(`{"type":"signature_delta","signature":${text(writeSignature(proof))}}`)
		return opened + thought + signature + this.close()
	}

	private toolCall({ id, name, proof }: ToolCallEvent): string {
		this.hasCalls = true
		const before = proof === undefined ? '' : this.redacted(writeCallSignature({ id, proof }))
		return before + this.openBlock('tool_use', writeToolUse({ id, name }, {}))
	}

	private finishChoice({ reason, stopText }: ChoiceFinishEvent): string {
		const { hasCalls, refusal } = this
		this.ending = writeStop({ reason, stopText, hasCalls, refusal })
		return this.close()
	}

	private finish(usage: Usage): string {
		const { ending = writeStop({ reason: 'stop', hasCalls: false, refusal: '' }) } = this
		return (
			this.close() +
			writeEvent('message_delta', { delta: { ...ending, container: null }, usage: writeCounts(usage) }) +
			writeEvent('message_stop', {})
		)
	}

	private ensureBlock(type: BlockType, block: object): string {
		return this.open === type ? '' : this.openBlock(type, block)
	}

	private openBlock(type: BlockType, block: object): string {
		const closed = this.close()
		this.open = type
		this.index++
		return closed + writeEvent('content_block_start', { index: this.index, content_block: block })
	}

	/** A redacted block has no deltas. */
	private redacted(data: string): string {
		return this.openBlock('redacted_thinking', writeRedacted(data)) + this.close()
	}

	private close(): string {
		if (this.open === undefined) return ''
		this.open = undefined
		return writeEvent('content_block_stop', { index: this.index })
	}

	private delta(delta: string): string {
		return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.index},"delta":${delta}}\n\n`
	}
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

function text(value: string): string {
	return JSON.stringify(value)
}
