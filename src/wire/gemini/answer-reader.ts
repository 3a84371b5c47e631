// Reads responses of this wire into events: the chunks of a stream, or a unary response, which has the same format. It
// reads parsed JSON and does not know the transport.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { countField, field, listField, textField } from '../json/fields.ts'
import { asFinishReason, readFinishReason } from '../json/finish-reason.ts'
import { type ErrorReading, interrupted } from '../json/upstream-error.ts'
import { CandidateReader, type CandidateReading } from './candidate-reader.ts'
import { readGeminiErrorEvent } from './error-reader.ts'
import { readUsage } from './usage-reader.ts'

export interface GeminiReading extends Omit<CandidateReading, 'index'> {
	/** The requested model. The `start` event names the model only if the upstream reports another one. */
	readonly model: string
	/** Number of choices requested; further ones are dropped. */
	readonly choices: number
	readonly errors: ErrorReading
}

/** Reads one response; call it with the chunks in order. */
export class GeminiAnswerReader {
	private readonly reading: GeminiReading
	private readonly candidates = new Map<number, CandidateReader>()
	/** The upstream's name for the model that answers. */
	private answering: string | undefined
	private started = false
	private ended = false
	private firstHasContent = false
	private pieces = 0
	private reported: Usage | undefined

	constructor(reading: GeminiReading) {
		this.reading = reading
	}

	/** The events of one parsed chunk: none, one or several. An upstream's error is an `error` event. */
	read(chunk: unknown): readonly ChatEvent[] {
		if (this.ended) return []
		if (isObject(field(chunk, 'error'))) return this.fail(readGeminiErrorEvent(chunk, this.reading.errors))
		this.reported = readUsage(field(chunk, 'usageMetadata')) ?? this.reported
		this.answering ??= textField(chunk, 'modelVersion')
		const parts: ChatEvent[] = []
		const error = this.readParts(chunk, parts)
		// A failure before any content can be retried on another upstream.
		if (error !== undefined && !this.started && parts.length === 0) return this.fail(error)
		const events = parts.length === 0 ? [] : [...this.begin(), ...parts]
		return error === undefined ? events : [...events, ...this.fail(error)]
	}

	/**
	 * The events at the end of the stream. The wire has no terminal event: a response is complete once each candidate has
	 * a finish reason.
	 */
	end(complete: boolean): readonly ChatEvent[] {
		if (this.ended) return []
		const open = [...this.candidates.values()].some(({ hasEnded }) => !hasEnded)
		if (this.candidates.size === 0 || (open && !complete)) return this.fail(interrupted(this.reading.errors.title))
		const events: ChatEvent[] = [...this.begin()]
		const last = Math.max(...this.candidates.keys())
		for (let index = 0; index <= last; index++) this.emit(index, this.candidate(index).close(), events)
		this.ended = true
		return [...events, { type: 'finish', usage: this.usage() }]
	}

	/** Ends the response with an error from outside the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.ended) return []
		this.ended = true
		return [{ type: 'error', error, usage: this.started ? this.usage() : undefined }]
	}

	private begin(): readonly ChatEvent[] {
		if (this.started) return []
		this.started = true
		const { answering } = this
		return [{ type: 'start', model: answering === this.reading.model ? undefined : answering }]
	}

	/** Appends the chunk's events to `parts`. @returns the error, if any; `parts` has the events before it. */
	private readParts(chunk: unknown, parts: ChatEvent[]): ChatError | undefined {
		try {
			const blocked = textField(field(chunk, 'promptFeedback'), 'blockReason')
			if (blocked !== undefined) this.block(parts)
			for (const candidate of listField(chunk, 'candidates')) this.readCandidate(candidate, parts)
			return undefined
		} catch (thrown) {
			if (thrown instanceof ChatError) return thrown
			throw thrown
		}
	}

	/** The upstream blocked the prompt: every choice is empty and ends with `content-filter`. */
	private block(parts: ChatEvent[]): void {
		for (let index = 0; index < this.reading.choices; index++) {
			this.candidate(index).finish('content-filter')
			this.emit(index, this.candidate(index).begin(), parts)
		}
	}

	private readCandidate(value: unknown, parts: ChatEvent[]): void {
		const index = countField(value, 'index') ?? 0
		if (index >= this.reading.choices) return
		const candidate = this.candidate(index)
		this.emit(index, candidate.read(value), parts)
		const reason = asFinishReason(field(value, 'finishReason'))
		if (reason !== undefined) candidate.finish(readFinishReason(reason, this.reading.errors.title))
	}

	/** Choice 0 must come first: if it has no content yet, it begins with an empty text. */
	private emit(index: number, events: readonly ChatEvent[], parts: ChatEvent[]): void {
		if (events.length === 0) return
		if (index > 0 && !this.firstHasContent) parts.push(...this.candidate(0).begin())
		this.firstHasContent = true
		this.pieces += events.filter(({ type }) => type === 'part-delta').length
		parts.push(...events)
	}

	private candidate(index: number): CandidateReader {
		let candidate = this.candidates.get(index)
		if (candidate === undefined) {
			candidate = new CandidateReader({ ...this.reading, index })
			this.candidates.set(index, candidate)
		}
		return candidate
	}

	/** Without reported usage the result has the source `counted`, and the gateway counts the tokens. */
	private usage(): Usage {
		return this.reported ?? countedUsage(this.pieces)
	}
}

/** Reads a unary response, or a list of chunks if a stream arrived as one JSON array. `reader` must be unused. */
export function readGeminiAnswer(
	body: unknown,
	reader: Pick<GeminiAnswerReader, 'read' | 'end'>,
): readonly ChatEvent[] {
	const chunks: readonly unknown[] = Array.isArray(body) ? body : [body]
	return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(true)]
}
