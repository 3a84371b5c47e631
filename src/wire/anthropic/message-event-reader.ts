// Reads a stream of the Messages API into canonical events, one wire event at a time. Compatible servers omit some
// events and fields; the reader tolerates that as long as the response can be reconstructed.

import { asChatError, ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { field, textField } from '../json/fields.ts'
import { asFinishReason, finishReasonWith, type ReportedFinish, readFinishReason } from '../json/finish-reason.ts'
import type { ErrorReading } from '../json/upstream-error.ts'
import { readRest } from './block-rest.ts'
import { ContentBlockReader } from './content-block-reader.ts'
import { messagesWire } from './formats.ts'
import { readMessageError } from './message-error-reader.ts'
import { UsageReader } from './usage-reader.ts'

export interface MessageReading {
	/** The requested model. The `start` event names the model only if the upstream reports another one. */
	readonly model: string
	/** Names of tools that take free text. */
	readonly customTools: ReadonlySet<string>
	/** `Signature.origin` of the signatures in the response. */
	readonly origin?: string | undefined
	readonly errors: ErrorReading
}

export class MessageEventReader {
	private readonly reading: MessageReading
	private readonly blocks: ContentBlockReader
	private readonly usage = new UsageReader()
	private started = false
	private ended = false
	private reason: string | undefined
	private stopText: string | undefined

	constructor(reading: MessageReading) {
		this.reading = reading
		const { customTools, origin, errors } = reading
		this.blocks = new ContentBlockReader({ customTools, origin, title: errors.title })
	}

	/** The canonical events for one parsed event; none after a terminal event. */
	read(event: unknown): readonly ChatEvent[] {
		if (this.ended) return []
		const events: ChatEvent[] = []
		try {
			this.add(event, events)
		} catch (thrown) {
			events.push(...this.fail(asChatError(thrown)))
		}
		return events
	}

	/** The events at the end of the stream. */
	end(): readonly ChatEvent[] {
		if (this.ended) return []
		if (this.started && this.reason !== undefined) return this.read({ type: 'message_stop' })
		return this.fail(
			new ChatError(
				'upstream-failed',
				`${this.reading.errors.title} ended the stream before the response was complete.`,
				{ sent: 'yes' },
			),
		)
	}

	/** Ends the response with an error from outside the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.ended) return []
		this.ended = true
		return [{ type: 'error', error, usage: this.started ? this.usage.usage() : undefined }]
	}

	private add(event: unknown, into: ChatEvent[]): void {
		switch (field(event, 'type')) {
			case 'message_start': {
				const message = field(event, 'message')
				this.usage.read(field(message, 'usage'))
				this.begin(into, textField(message, 'model'))
				addRest(message, messageFields, into)
				break
			}
			case 'content_block_start':
				this.begin(into)
				this.blocks.start(field(event, 'index'), field(event, 'content_block'), into)
				break
			case 'content_block_delta':
				this.begin(into)
				this.blocks.delta(field(event, 'index'), field(event, 'delta'), into)
				break
			case 'content_block_stop':
				this.blocks.stop(field(event, 'index'), into)
				break
			case 'message_delta': {
				const delta = field(event, 'delta')
				this.usage.read(field(event, 'usage'))
				this.reason = asFinishReason(field(delta, 'stop_reason')) ?? this.reason
				this.stopText = textField(delta, 'stop_sequence') ?? this.stopText
				this.begin(into)
				addRest(event, deltaEventFields, into)
				addRest(delta, messageFields, into)
				break
			}
			case 'message_stop':
				this.finish(into)
				break
			case 'error':
				into.push(...this.fail(readMessageError(event, this.reading.errors)))
		}
	}

	private begin(into: ChatEvent[], model?: string): void {
		if (this.started) return
		this.started = true
		const usage = this.usage.usage()
		into.push({
			type: 'start',
			model: model === this.reading.model ? undefined : model,
			usage: usage.source === 'upstream' ? usage : undefined,
		})
	}

	private finish(into: ChatEvent[]): void {
		const reason = this.reason ?? 'end_turn'
		const finish: ReportedFinish = readFinishReason(reason, this.reading.errors.title)
		this.begin(into)
		this.blocks.stopAll(into)
		this.ended = true
		const { calls } = this.blocks
		// Clients of this wire continue such a turn.
		if (calls === 0 && reasonsOfThisWire.has(reason))
			into.push({ type: 'rest', choice: 0, rest: { wire: messagesWire, fields: { stop_reason: reason } } })
		into.push(
			{ type: 'choice-finish', choice: 0, reason: finishReasonWith(calls, finish, false), stopText: this.stopText },
			{ type: 'finish', usage: this.usage.usage() },
		)
	}
}

function addRest(value: unknown, known: ReadonlySet<string>, into: ChatEvent[]): void {
	const rest = readRest(value, known)
	if (rest !== undefined) into.push({ type: 'rest', choice: 0, rest })
}

const messageFields: ReadonlySet<string> = new Set([
	...['id', 'type', 'role', 'model', 'content', 'usage', 'stop_reason', 'stop_sequence'],
])
const deltaEventFields: ReadonlySet<string> = new Set(['type', 'delta', 'usage'])

/** The API's stop reasons that no canonical finish reason represents. */
const reasonsOfThisWire: ReadonlySet<string> = new Set([
	...['pause_turn', 'compaction', 'model_context_window_exceeded'],
])
