// Reads a stream of the Messages API into canonical events, one wire event at a time. Compatible servers omit some
// events and fields; the reader tolerates that as long as the response can be reconstructed.

import { asChatError, ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { Usage } from '../../chat/usage.ts'
import { readCustomToolText } from '../json/custom-tool-function.ts'
import { countField, field, textField } from '../json/fields.ts'
import { asFinishReason, finishReasonWith, type ReportedFinish, readFinishReason } from '../json/finish-reason.ts'
import type { ErrorReading } from '../json/upstream-error.ts'
import { messagesWire } from './formats.ts'
import { readMessageError } from './message-error-reader.ts'

export interface MessageReading {
	/** The requested model. The `start` event names the model only if the upstream reports another one. */
	readonly model: string
	/** Names of tools that take free text. */
	readonly customTools: ReadonlySet<string>
	readonly errors: ErrorReading
}

interface OpenToolUse {
	readonly call: number
	readonly isCustom: boolean
	/** The input in the block's start, as JSON. It counts only if no deltas follow: some servers send both. */
	readonly whole: string
	/** The deltas. */
	text: string
}

/** The counts reported so far, and the upstream's other usage fields. */
interface Counts {
	input?: number
	output?: number
	cacheRead?: number
	cacheWrite?: number
	thinking?: number
	extra: JsonObject
}

export class MessageEventReader {
	private readonly reading: MessageReading
	private readonly openCalls = new Map<unknown, OpenToolUse>()
	private readonly counts: Counts = { extra: {} }
	private calls = 0
	private started = false
	private ended = false
	private hasContent = false
	private reason: string | undefined
	private stopText: string | undefined

	constructor(reading: MessageReading) {
		this.reading = reading
	}

	/** The canonical events for one parsed event; none after a terminal event. */
	read(event: unknown): readonly ChatEvent[] {
		if (this.ended) return []
		switch (field(event, 'type')) {
			case 'message_start':
				return this.start(field(event, 'message'))
			case 'content_block_start':
				return [...this.begin(), ...this.startBlock(field(event, 'index'), field(event, 'content_block'))]
			case 'content_block_delta':
				return [...this.begin(), ...this.readDelta(field(event, 'index'), field(event, 'delta'))]
			case 'content_block_stop':
				return this.stopBlock(field(event, 'index'))
			case 'message_delta':
				this.count(field(event, 'usage'))
				this.reason = asFinishReason(field(field(event, 'delta'), 'stop_reason')) ?? this.reason
				this.stopText = textField(field(event, 'delta'), 'stop_sequence') ?? this.stopText
				return []
			case 'message_stop':
				return this.finish()
			case 'error':
				return this.fail(readMessageError(event, this.reading.errors))
			default:
				return []
		}
	}

	/** The events at the end of the stream. */
	end(): readonly ChatEvent[] {
		if (this.ended) return []
		if (this.started && this.reason !== undefined) return this.finish()
		return this.fail(
			new ChatError(
				'upstream-failed',
				`${this.reading.errors.title} ended the stream before the response was complete.`,
				{
					sent: 'yes',
				},
			),
		)
	}

	/** Ends the response with an error from outside the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.ended) return []
		this.ended = true
		return [{ type: 'error', error, usage: this.started ? this.usage() : undefined }]
	}

	private start(message: unknown): readonly ChatEvent[] {
		this.count(field(message, 'usage'))
		return this.begin(textField(message, 'model'))
	}

	private begin(model?: string): readonly ChatEvent[] {
		if (this.started) return []
		this.started = true
		return [{ type: 'start', model: model === this.reading.model ? undefined : model }]
	}

	private startBlock(index: unknown, block: unknown): readonly ChatEvent[] {
		switch (field(block, 'type')) {
			case 'text':
				return this.emitText(textField(block, 'text'))
			case 'thinking':
				return this.emitReasoning(textField(block, 'thinking'), textField(block, 'signature'))
			case 'redacted_thinking': {
				const value = textField(block, 'data')
				if (value === undefined) return []
				return [{ type: 'reasoning', choice: 0, text: '', proof: { wire: messagesWire, value }, sealed: true }]
			}
			case 'tool_use':
				return this.startCall(index, block)
			default:
				return []
		}
	}

	private startCall(index: unknown, block: unknown): readonly ChatEvent[] {
		const [name, id] = [textField(block, 'name'), textField(block, 'id')]
		if (name === undefined || id === undefined)
			return this.fail(
				new ChatError('upstream-failed', `${this.reading.errors.title} sent a tool call without a name or an id.`, {
					sent: 'yes',
				}),
			)
		const isCustom = this.reading.customTools.has(name)
		const call = this.calls++
		const input = field(block, 'input')
		const whole = isObject(input) ? stringifyJson(input) : '{}'
		this.openCalls.set(index, { call, isCustom, whole, text: '' })
		this.hasContent = true
		const kind = isCustom ? 'custom' : 'function'
		return [{ type: 'tool-call', choice: 0, call, kind, id, name }]
	}

	private readDelta(index: unknown, delta: unknown): readonly ChatEvent[] {
		switch (field(delta, 'type')) {
			case 'text_delta':
				return this.emitText(textField(delta, 'text'))
			case 'thinking_delta':
				return this.emitReasoning(textField(delta, 'thinking'))
			case 'signature_delta':
				return this.emitReasoning(undefined, textField(delta, 'signature'))
			case 'input_json_delta': {
				const open = this.openCalls.get(index)
				const fragment = textField(delta, 'partial_json')
				if (open === undefined || fragment === undefined) return []
				// Some servers send an empty object before the arguments.
				if (open.text === '' && fragment.trim() === '{}') return []
				open.text += fragment
				return open.isCustom ? [] : [{ type: 'tool-arguments', choice: 0, call: open.call, fragment }]
			}
			default:
				return []
		}
	}

	private stopBlock(index: unknown): readonly ChatEvent[] {
		const open = this.openCalls.get(index)
		this.openCalls.delete(index)
		if (open === undefined) return []
		const { call, isCustom, whole, text } = open
		const json = text === '' ? whole : text
		if (isCustom) return [{ type: 'tool-arguments', choice: 0, call, fragment: readCustomToolText(json) }]
		return text === '' ? [{ type: 'tool-arguments', choice: 0, call, fragment: json }] : []
	}

	private emitText(text: string | undefined): readonly ChatEvent[] {
		if (text === undefined) return []
		this.hasContent = true
		return [{ type: 'text', choice: 0, text }]
	}

	private emitReasoning(text: string | undefined, signature?: string): readonly ChatEvent[] {
		const proof = signature === undefined ? undefined : { wire: messagesWire, value: signature }
		if (text === undefined && signature === undefined) return []
		this.hasContent = true
		return [{ type: 'reasoning', choice: 0, text: text ?? '', proof }]
	}

	private finish(): readonly ChatEvent[] {
		let reason: ReportedFinish
		try {
			reason = readFinishReason(this.reason ?? 'end_turn', this.reading.errors.title)
		} catch (thrown) {
			return this.fail(asChatError(thrown))
		}
		const started = this.begin()
		const closed = [...this.openCalls.keys()].flatMap((index) => this.stopBlock(index))
		this.ended = true
		// A choice without content still needs one event before its `choice-finish`.
		const empty: readonly ChatEvent[] = this.hasContent ? [] : [{ type: 'text', choice: 0, text: '' }]
		return [
			...started,
			...closed,
			...empty,
			{
				type: 'choice-finish',
				choice: 0,
				reason: finishReasonWith(this.calls, reason, false),
				stopText: this.stopText,
			},
			{ type: 'finish', usage: this.usage() },
		]
	}

	/** Counts are cumulative, so the latest values replace earlier ones. A 0 does not: servers send it for counts that they leave out. */
	private count(usage: unknown): void {
		const { counts } = this
		counts.input = (countField(usage, 'input_tokens') || counts.input) ?? 0
		counts.output = (countField(usage, 'output_tokens') || counts.output) ?? 0
		const read = countField(usage, 'cache_read_input_tokens')
		const written = countField(usage, 'cache_creation_input_tokens')
		const thinking = countField(field(usage, 'output_tokens_details'), 'thinking_tokens')
		if (thinking !== undefined) counts.thinking = thinking || counts.thinking
		if (read !== undefined) counts.cacheRead = read || counts.cacheRead
		if (written !== undefined) counts.cacheWrite = written || (counts.cacheWrite ?? 0)
		if (!isObject(usage)) return
		const extra = Object.entries(usage).filter(([name, value]) => !ownCounts.has(name) && value !== null)
		counts.extra = { ...counts.extra, ...(Object.fromEntries(extra) as JsonObject) }
	}

	private usage(): Usage {
		const { input = 0, output = 0, cacheRead = 0, cacheWrite, thinking = 0, extra } = this.counts
		const promptTokens = input + cacheRead + (cacheWrite ?? 0)
		const hasExtra = Object.keys(extra).length > 0
		return {
			promptTokens,
			completionTokens: output,
			cachedTokens: cacheRead,
			cacheWriteTokens: cacheWrite,
			reasoningTokens: Math.min(thinking, output),
			extra: hasExtra ? extra : undefined,
			extraWire: hasExtra ? messagesWire : undefined,
			source: promptTokens + output === 0 ? 'counted' : 'upstream',
		}
	}
}

const ownCounts: ReadonlySet<string> = new Set([
	'input_tokens',
	'output_tokens',
	'cache_read_input_tokens',
	'cache_creation_input_tokens',
	'output_tokens_details',
])
