// Converts the parts of a provider's stream to events, in any version of the specification. A unary response is read as
// the parts of the equivalent stream. Blocks and calls of a provider may be interleaved; events are not.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { ReasoningSignature } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
import { field, listField, textField } from '../../wire/json/fields.ts'
import { asFinishReason, finishReasonWith, readFinishReason } from '../../wire/json/finish-reason.ts'
import { ToolCallAssembler } from '../../wire/json/tool-call-assembler.ts'
import { interrupted } from '../../wire/json/upstream-error.ts'
import { writeSignature } from './signature.ts'
import { readUsage } from './usage-reader.ts'
import { readWarnings } from './warning-reader.ts'

export interface PartReading {
	/** The requested model. The `start` event names the model only if the response has another one. */
	readonly model: string
	/** Name of the upstream in error messages, capitalized. */
	readonly title: string
	/** The request names the tool to call. The finish reason is then `stop`, as in OpenAI's API. */
	readonly namedTool: boolean
	/** The requested stop texts. */
	readonly stop?: readonly string[] | undefined
	/**
	 * The request disables parallel tool calls. The specification has no such option, so calls after the first are
	 * discarded.
	 */
	readonly oneCall: boolean
	readonly newCallId: () => string
	/** Called with each field of the request that the provider dropped. */
	readonly drop: (part: string) => void
	/** Converts an `error` part to an error. */
	readonly explain: (error: unknown) => ChatError
}

interface PendingCall {
	readonly index: number
	/** Arguments received so far. */
	text: string
	isWhole: boolean
}

interface PendingReasoning {
	text: string
	metadata: Readonly<Record<string, unknown>>
}

/** Reads one response. Pass it the parts in order. */
export class PartReader {
	private readonly reading: PartReading
	private readonly calls: ToolCallAssembler
	private readonly openCalls = new Map<string, PendingCall>()
	private readonly signatures: (ReasoningSignature | undefined)[] = []
	private readonly reasoning = new Map<string, PendingReasoning>()
	private started = false
	private isEnded = false
	private model: string | undefined
	private chunks = 0

	constructor(reading: PartReading) {
		this.reading = reading
		this.calls = new ToolCallAssembler(0, reading.newCallId)
	}

	/** Whether a terminal event was returned. */
	get ended(): boolean {
		return this.isEnded
	}

	read(part: unknown): readonly ChatEvent[] {
		if (this.isEnded) return []
		try {
			return this.emit(this.readPart(part))
		} catch (thrown) {
			if (thrown instanceof ChatError) return this.fail(thrown)
			throw thrown
		}
	}

	/** Call this at the end of the stream. Returns an error event if the stream had no `finish` part. */
	end(): readonly ChatEvent[] {
		return this.fail(interrupted(this.reading.title))
	}

	/** Ends the response with an error from outside the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.isEnded) return []
		this.isEnded = true
		return [{ type: 'error', error, usage: this.started ? this.counted() : undefined }]
	}

	/** `start` is delayed until the provider has reported its model. */
	private emit(events: readonly ChatEvent[]): readonly ChatEvent[] {
		if (events.length === 0) return []
		this.chunks += events.filter(({ type }) => type !== 'choice-finish' && type !== 'finish').length
		if (this.started) return events
		this.started = true
		const { model } = this
		return [{ type: 'start', model: model === this.reading.model ? undefined : model }, ...events]
	}

	private readPart(part: unknown): readonly ChatEvent[] {
		switch (field(part, 'type')) {
			case 'stream-start':
				for (const dropped of readWarnings(field(part, 'warnings'))) this.reading.drop(dropped)
				return []
			case 'response-metadata':
				this.model = textField(part, 'modelId') ?? this.model
				return []
			case 'text-delta': {
				const text = textField(part, 'delta')
				return text === undefined ? [] : [{ type: 'text', choice: 0, text }]
			}
			case 'reasoning-start':
			case 'reasoning-delta':
				return this.readReasoning(part)
			case 'reasoning-end':
				return [...this.readReasoning(part), ...this.endReasoning(textField(part, 'id') ?? '')]
			case 'tool-input-start':
			case 'tool-input-delta':
			case 'tool-call':
				return field(part, 'providerExecuted') === true ? [] : this.readCall(part)
			case 'file':
			case 'reasoning-file':
				throw new ChatError('upstream-failed', `${this.reading.title} returned content other than text.`, {
					sent: 'yes',
				})
			case 'error':
				throw this.reading.explain(field(part, 'error'))
			case 'finish':
				return this.finish(part)
			default:
				// Ends of blocks, sources, raw chunks, and tools that the provider executed.
				return []
		}
	}

	private readReasoning(part: unknown): readonly ChatEvent[] {
		const id = textField(part, 'id') ?? ''
		const open = this.reasoning.get(id) ?? { text: '', metadata: {} }
		this.reasoning.set(id, open)
		const metadata = field(part, 'providerMetadata')
		if (isObject(metadata)) open.metadata = merge(open.metadata, metadata)
		const text = textField(part, 'delta')
		if (text === undefined) return []
		open.text += text
		return [{ type: 'reasoning', choice: 0, text }]
	}

	/** The metadata of a reasoning block is only complete at its end. */
	private endReasoning(id: string): readonly ChatEvent[] {
		const open = this.reasoning.get(id)
		this.reasoning.delete(id)
		const proof = writeSignature(open?.metadata)
		if (proof === undefined) return []
		return [{ type: 'reasoning', choice: 0, text: '', proof, sealed: open?.text === '' || undefined }]
	}

	private readCall(part: unknown): readonly ChatEvent[] {
		const isWhole = field(part, 'type') === 'tool-call'
		const id = textField(part, isWhole ? 'toolCallId' : 'id') ?? ''
		const name = textField(part, 'toolName')
		const known = this.openCalls.get(id)
		const begins = known === undefined || (known.isWhole && name !== undefined)
		const call = begins ? { index: this.signatures.length, text: '', isWhole: false } : known
		if (begins) {
			this.openCalls.set(id, call)
			this.signatures.push(writeSignature(field(part, 'providerMetadata')))
		}
		const fragment = isWhole ? restOf(field(part, 'input'), call.text) : (textField(part, 'delta') ?? '')
		call.text += fragment
		call.isWhole = isWhole
		if (this.reading.oneCall && call.index > 0) return []
		return this.withSignatures(
			this.calls.read({
				index: call.index,
				id: begins ? id : undefined,
				function: { name: begins ? name : undefined, arguments: fragment },
			}),
		)
	}

	private withSignatures(events: readonly ChatEvent[]): readonly ChatEvent[] {
		return events.map((event) => {
			const proof = event.type === 'tool-call' ? this.signatures[event.call] : undefined
			return event.type === 'tool-call' && proof !== undefined ? { ...event, proof } : event
		})
	}

	private finish(part: unknown): readonly ChatEvent[] {
		const reported = field(part, 'finishReason')
		const reason = readFinishReason(nameOf(reported), this.reading.title)
		const reasoning = [...this.reasoning.keys()].flatMap((id) => this.endReasoning(id))
		const calls = this.withSignatures(this.calls.end())
		const stopText = this.reading.stop?.find((text) => text === reportedStop(field(part, 'providerMetadata')))
		this.isEnded = true
		return [
			...reasoning,
			...calls,
			{
				type: 'choice-finish',
				choice: 0,
				reason: finishReasonWith(this.calls.count, reason, this.reading.namedTool),
				stopText,
			},
			{ type: 'finish', usage: readUsage(field(part, 'usage')) ?? this.counted() },
		]
	}

	/** Usage that the provider did not report: the gateway counts the tokens. */
	private counted(): Usage {
		return {
			promptTokens: 0,
			completionTokens: this.chunks,
			cachedTokens: 0,
			reasoningTokens: 0,
			source: 'counted',
		}
	}
}

/** Converts a unary response to the parts of a stream. */
export function* partsOf(answer: unknown): Generator<unknown> {
	yield { type: 'stream-start', warnings: field(answer, 'warnings') }
	yield { type: 'response-metadata', modelId: field(field(answer, 'response'), 'modelId') }
	for (const [index, part] of listField(answer, 'content').entries()) {
		const id = String(index)
		const type = field(part, 'type')
		if (type === 'text') yield { type: 'text-delta', id, delta: field(part, 'text') }
		else if (type === 'reasoning') {
			yield { type: 'reasoning-delta', id, delta: field(part, 'text') }
			yield { type: 'reasoning-end', id, providerMetadata: field(part, 'providerMetadata') }
		} else yield part
	}
	yield { type: 'finish', finishReason: field(answer, 'finishReason'), usage: field(answer, 'usage') }
}

/** The rest of the complete input after the received fragments. */
function restOf(input: unknown, received: string): string {
	const argumentsText = typeof input === 'string' ? input : isObject(input) ? stringifyJson(input) : ''
	return argumentsText.startsWith(received) ? argumentsText.slice(received.length) : ''
}

/** Merges two levels: the provider's name, and its fields. */
function merge(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
	const merged = { ...before }
	for (const [name, value] of Object.entries(after)) {
		const earlier = merged[name]
		merged[name] = isObject(earlier) && isObject(value) ? { ...earlier, ...value } : value
	}
	return merged
}

/** The provider's own name of a reason that the package cannot classify. `stop` if neither names one. */
function nameOf(reported: unknown): string {
	const unified = isObject(reported) ? reported.unified : reported
	const name = unified === 'other' || unified === 'unknown' ? field(reported, 'raw') : unified
	return asFinishReason(name) ?? 'stop'
}

/** The stop text among a provider's own metadata, under the name that @ai-sdk/anthropic gives it. */
function reportedStop(metadata: unknown): string | undefined {
	if (!isObject(metadata)) return undefined
	for (const provider of Object.values(metadata)) {
		const text = textField(provider, 'stopSequence')
		if (text !== undefined) return text
	}
	return undefined
}
