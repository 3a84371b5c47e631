// Converts the parts of a provider's stream to events, in any version of the specification. A unary response is read as
// the parts of the equivalent stream. ContentReader reads the content.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { field, listField, textField } from '../../wire/json/fields.ts'
import { asFinishReason, finishReasonWith, readFinishReason } from '../../wire/json/finish-reason.ts'
import { interrupted } from '../../wire/json/upstream-error.ts'
import { ContentReader, type ContentReading } from './content-reader.ts'
import { readUsage } from './usage-reader.ts'
import { readWarnings } from './warning-reader.ts'

export interface PartReading extends ContentReading {
	/** The requested model. The `start` event names the model only if the response has another one. */
	readonly model: string
	/** Name of the upstream in error messages, capitalized. */
	readonly title: string
	/** The request names the tool to call. The finish reason is then `stop`, as in OpenAI's API. */
	readonly namedTool: boolean
	/** The requested stop texts. */
	readonly stop?: readonly string[] | undefined
	/** Called with each field of the request that the provider dropped. */
	readonly drop: Drop
	/** Converts an `error` part to an error. */
	readonly explain: (error: unknown) => ChatError
}

/** Reads one response. Pass it the parts in order. */
export class PartReader {
	private readonly reading: PartReading
	private readonly content: ContentReader
	private started = false
	private isEnded = false
	private model: string | undefined
	private chunks = 0

	constructor(reading: PartReading) {
		this.reading = reading
		this.content = new ContentReader(reading)
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
		this.chunks += events.filter(({ type }) => type === 'part-delta').length
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
			case 'error':
				throw this.reading.explain(field(part, 'error'))
			case 'finish':
				return this.finish(part)
			default: {
				const events: ChatEvent[] = []
				this.content.read(part, events)
				return events
			}
		}
	}

	private finish(part: unknown): readonly ChatEvent[] {
		const reason = readFinishReason(nameOf(field(part, 'finishReason')), this.reading.title)
		const metadata = field(part, 'providerMetadata')
		const stopText = this.reading.stop?.find((text) => text === reportedStop(metadata))
		const events: ChatEvent[] = []
		this.content.end(events)
		this.isEnded = true
		return [
			...events,
			{
				type: 'choice-finish',
				choice: 0,
				reason: finishReasonWith(this.content.callCount, reason, this.reading.namedTool),
				stopText,
			},
			{ type: 'finish', usage: readUsage(field(part, 'usage'), metadata) ?? this.counted() },
		]
	}

	/** Usage that the provider did not report: the gateway counts the tokens. */
	private counted(): Usage {
		return countedUsage(this.chunks)
	}
}

/** Converts a unary response to the parts of a stream. */
export function* partsOf(answer: unknown): Generator<unknown> {
	yield { type: 'stream-start', warnings: field(answer, 'warnings') }
	yield { type: 'response-metadata', modelId: field(field(answer, 'response'), 'modelId') }
	for (const [index, part] of listField(answer, 'content').entries()) {
		const id = String(index)
		const type = field(part, 'type')
		if (type === 'text' || type === 'reasoning') {
			yield { type: `${type}-delta`, id, delta: field(part, 'text') }
			yield { type: `${type}-end`, id, providerMetadata: field(part, 'providerMetadata') }
		} else yield part
	}
	yield {
		type: 'finish',
		finishReason: field(answer, 'finishReason'),
		usage: field(answer, 'usage'),
		providerMetadata: field(answer, 'providerMetadata'),
	}
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
