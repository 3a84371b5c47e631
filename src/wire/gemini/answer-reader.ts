// Answers of this wire read into events: the chunks of a stream, or a whole answer, which has the same form. It reads parsed JSON; where that
// comes from it does not know.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { ErrorReading } from '../openai/error-reader.ts'
import { countField, field, isObject, listField, textField } from '../openai/fields.ts'
import { cut } from '../openai/open-answer.ts'
import { CandidateReader, type CandidateReading } from './candidate-reader.ts'
import { readGeminiErrorEvent } from './error-reader.ts'
import { readUsage } from './usage-reader.ts'

export interface GeminiReading extends Omit<CandidateReading, 'index'> {
	/** What the upstream was asked for; its answer names its model only where that differs. */
	readonly model: string
	/** How many answers were asked for; further ones are dropped. */
	readonly choices: number
	readonly errors: ErrorReading
}

/** Reads one answer; feed it the chunks in order. */
export class GeminiAnswerReader {
	private readonly reading: GeminiReading
	private readonly candidates = new Map<number, CandidateReader>()
	private started = false
	private ended = false
	private firstSpoke = false
	private pieces = 0
	private told: Usage | undefined

	constructor(reading: GeminiReading) {
		this.reading = reading
	}

	/** The events of one parsed chunk: none, one or several. An upstream's error is an `error` event. */
	read(chunk: unknown): readonly ChatEvent[] {
		if (this.ended) return []
		if (isObject(field(chunk, 'error'))) return this.fail(readGeminiErrorEvent(chunk, this.reading.errors))
		this.told = readUsage(field(chunk, 'usageMetadata')) ?? this.told
		const parts: ChatEvent[] = []
		const error = this.readParts(chunk, parts)
		// A failure that nothing came before is thrown, and may be tried elsewhere.
		if (error !== undefined && !this.started && parts.length === 0) return this.fail(error)
		const events = parts.length === 0 ? [] : [...this.begin(chunk), ...parts]
		return error === undefined ? events : [...events, ...this.fail(error)]
	}

	/** The events at the end of the stream; the wire has no last word, so an answer is complete where each candidate gave its reason. */
	end(complete: boolean): readonly ChatEvent[] {
		if (this.ended) return []
		const open = [...this.candidates.values()].some(({ closed }) => !closed)
		if (this.candidates.size === 0 || (open && !complete)) return this.fail(cut(this.reading.errors.title))
		const events: ChatEvent[] = [...this.begin(undefined)]
		const last = Math.max(...this.candidates.keys())
		for (let index = 0; index <= last; index++) events.push(...this.candidate(index).close('stop'))
		this.ended = true
		return [...events, { type: 'finish', usage: this.usage() }]
	}

	/** The answer broke off for a reason outside of it. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.ended) return []
		this.ended = true
		return [{ type: 'error', error, ...(this.started ? { usage: this.usage() } : {}) }]
	}

	private begin(chunk: unknown): readonly ChatEvent[] {
		if (this.started) return []
		this.started = true
		const model = textField(chunk, 'modelVersion')
		return [{ type: 'start', ...(model === undefined || model === this.reading.model ? {} : { model }) }]
	}

	/** What went wrong, if anything; what came before it is in `parts`. */
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

	/** The upstream does not answer such a prompt: an answer without words, as any that is filtered. */
	private block(parts: ChatEvent[]): void {
		for (let index = 0; index < this.reading.choices; index++)
			this.speak(index, this.candidate(index).close('content-filter'), parts)
	}

	private readCandidate(value: unknown, parts: ChatEvent[]): void {
		const index = countField(value, 'index') ?? 0
		if (index >= this.reading.choices) return
		const candidate = this.candidate(index)
		if (candidate.closed) return
		this.speak(index, candidate.read(value), parts)
		const reason = textField(value, 'finishReason')
		if (reason !== undefined) this.speak(index, candidate.close(this.readReason(reason)), parts)
	}

	private readReason(reason: string): FinishReason {
		const meaning = finishReasons[reason] ?? 'stop'
		if (meaning !== 'failed') return meaning
		throw new ChatError('upstream-failed', 'The model made a tool call that cannot be read.', {
			sent: 'yes',
			cause: new Error(`finishReason ${reason}`),
		})
	}

	/** Choice 0 speaks first: where it stayed silent until now it is given an empty text. */
	private speak(index: number, said: readonly ChatEvent[], parts: ChatEvent[]): void {
		if (said.length === 0) return
		if (index > 0 && !this.firstSpoke) parts.push(...this.candidate(0).keepSilent())
		this.firstSpoke = true
		this.pieces += said.filter(({ type }) => type !== 'choice-finish').length
		parts.push(...said)
	}

	private candidate(index: number): CandidateReader {
		let candidate = this.candidates.get(index)
		if (candidate === undefined) {
			candidate = new CandidateReader({ ...this.reading, index })
			this.candidates.set(index, candidate)
		}
		return candidate
	}

	/** Nothing told is told as nothing: the gateway counts then. */
	private usage(): Usage {
		return (
			this.told ?? {
				promptTokens: 0,
				completionTokens: this.pieces,
				cachedTokens: 0,
				reasoningTokens: 0,
				source: 'counted',
			}
		)
	}
}

/** A whole answer; a list of chunks where the stream came as one. `reader` must be fresh. */
export function readGeminiAnswer(
	body: unknown,
	reader: Pick<GeminiAnswerReader, 'read' | 'end'>,
): readonly ChatEvent[] {
	const chunks: readonly unknown[] = Array.isArray(body) ? body : [body]
	return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end(true)]
}

/** Reasons that are not listed, as the unspecified one, mean an end like any other. */
const finishReasons: Readonly<Record<string, FinishReason | 'failed'>> = {
	STOP: 'stop',
	MAX_TOKENS: 'length',
	// A long answer reached the bound of one request.
	CONTINUATION: 'length',
	SAFETY: 'content-filter',
	RECITATION: 'content-filter',
	LANGUAGE: 'content-filter',
	BLOCKLIST: 'content-filter',
	PROHIBITED_CONTENT: 'content-filter',
	SPII: 'content-filter',
	IMAGE_SAFETY: 'content-filter',
	IMAGE_PROHIBITED_CONTENT: 'content-filter',
	IMAGE_RECITATION: 'content-filter',
	MALFORMED_FUNCTION_CALL: 'failed',
	UNEXPECTED_TOOL_CALL: 'failed',
	TOO_MANY_TOOL_CALLS: 'failed',
}
