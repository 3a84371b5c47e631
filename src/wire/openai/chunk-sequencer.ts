// Puts the events of an answer's chunks in order, for every operation: it enforces the rules of chat/event.ts where
// servers break them. It knows only whether a choice produced output and whether it closed, not the content.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent, FinishReason } from '../../chat/event.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { type ReportedFinish, readFinishReason } from '../json/finish-reason.ts'
import { type ErrorReading, interrupted, readErrorEvent } from '../json/upstream-error.ts'
import type { Chunk, ChunkChoice } from './chunk.ts'

export interface ChunkReading {
	/** The model requested from the upstream. An answer names its model only if it differs. */
	readonly model: string
	/** How many choices were requested. Additional ones are dropped. */
	readonly choices: number
	/** The requested stop texts. Servers also report other texts where they report the one that ended a choice. */
	readonly stop?: readonly string[] | undefined
	readonly errors: ErrorReading
}

/** Reads the content of the choices of one operation. Methods append events to `into`. */
export interface ChoiceReader<Choice extends ChunkChoice> {
	/** Reads the parts in `choice`, without its end. @returns whether it has content, which may be held back. */
	readParts(choice: Choice, into: ChatEvent[]): boolean
	/** Ends the parts. @returns the finish reason to report. */
	close(index: number, reason: ReportedFinish, into: ChatEvent[]): FinishReason
}

/**
 * The last finish reason of a choice. Servers send several, and output after one, so it is reported at the end of the
 * stream.
 */
interface ChoiceEnd {
	readonly reason: ReportedFinish
	/** The chunk that has nothing but this reason. */
	readonly source: ParsedChunk | undefined
	/** The stop text that the upstream reported with it. */
	readonly stopText: string | undefined
}

/** A chunk and the text that it was parsed from. */
export interface ParsedChunk {
	readonly text: string
	readonly value: unknown
}

export class ChunkSequencer<Choice extends ChunkChoice> {
	private readonly reading: ChunkReading
	private readonly reader: ChoiceReader<Choice>
	/** Indexes of choices with output; true for those without output after their finish reason. */
	private readonly closed = new Map<number, boolean>()
	/** In the order in which they were reported. */
	private readonly ends = new Map<number, ChoiceEnd>()
	private started = false
	private firstHasOutput = false
	private ended = false
	private pieceCount = 0
	private reported: Usage | undefined

	constructor(reading: ChunkReading, reader: ChoiceReader<Choice>) {
		this.reading = reading
		this.reader = reader
	}

	/** The events of one chunk; none after a terminal event. `text`: what the chunk was parsed from. */
	read(chunk: Chunk<Choice>, text?: string): readonly ChatEvent[] {
		if (this.ended) return []
		if (chunk.isError) return this.fail(readErrorEvent(chunk.sent, this.reading.errors))
		this.reported = chunk.usage ?? this.reported
		const { choices } = chunk
		if (choices === undefined) return []
		const events: ChatEvent[] = []
		if (!this.started) this.begin(chunk, events)
		try {
			for (const choice of choices) this.readChoice(choice, chunk, text, events)
		} catch (thrown) {
			this.failWith(thrown, events)
		}
		return events
	}

	/** The events at the end of the stream. `complete`: the stream was marked complete, for example by `[DONE]`. */
	end(complete: boolean): readonly ChatEvent[] {
		if (this.ended) return []
		const open = [...this.closed.values()].includes(false)
		if (this.closed.size === 0 || (open && !complete)) return this.fail(interrupted(this.reading.errors.title))
		const events: ChatEvent[] = []
		try {
			const last = Math.max(...this.closed.keys())
			const all = Array.from({ length: last + 1 }, (_, index) => index)
			for (const index of new Set([...this.ends.keys(), ...all])) this.close(index, events)
			this.ended = true
			events.push({ type: 'finish', usage: this.usage() })
		} catch (thrown) {
			this.failWith(thrown, events)
		}
		return events
	}

	/** The chunk of a choice's `choice-finish`, if it was read from one that has nothing else. */
	sourceOf(index: number): ParsedChunk | undefined {
		return this.ends.get(index)?.source
	}

	/** Whether the answer has started and not ended. */
	get isOpen(): boolean {
		return this.started && !this.ended
	}

	/** Whether `chunk` is the chunk of a `choice-finish`, which is reported at the end. */
	holds(chunk: unknown): boolean {
		for (const { source } of this.ends.values()) if (source?.value === chunk) return true
		return false
	}

	/** Ends the answer with an error that did not come from the stream. */
	fail(error: ChatError): readonly ChatEvent[] {
		if (this.ended) return []
		this.ended = true
		return [{ type: 'error', error, usage: this.started ? this.usage() : undefined }]
	}

	/** Ends `events` with the error that was thrown while they were read. */
	private failWith(thrown: unknown, events: ChatEvent[]): void {
		if (!(thrown instanceof ChatError)) throw thrown
		events.push(...this.fail(thrown))
	}

	private begin({ model, fingerprint }: Chunk<Choice>, events: ChatEvent[]): void {
		this.started = true
		events.push({
			type: 'start',
			model: model === this.reading.model ? undefined : model,
			fingerprint,
			usage: this.reported,
		})
	}

	private readChoice(choice: Choice, chunk: Chunk<Choice>, text: string | undefined, events: ChatEvent[]): void {
		const { index, finishReason } = choice
		if (index >= this.reading.choices) return
		const parts: ChatEvent[] = []
		let hasContent = false
		try {
			hasContent = this.reader.readParts(choice, parts)
		} finally {
			this.emit(parts, events)
		}
		const reason = finishReason === undefined ? undefined : readFinishReason(finishReason, this.reading.errors.title)
		if (reason !== undefined) {
			const isPure = !hasContent && events.length === 0 && text !== undefined && chunk.choices?.length === 1
			this.ends.delete(index)
			this.ends.set(index, { reason, source: isPure ? { text, value: chunk } : undefined, stopText: choice.stopText })
			this.closed.set(index, true)
		} else if (hasContent || !this.closed.has(index)) this.closed.set(index, false)
	}

	private close(index: number, events: ChatEvent[]): void {
		const end = this.ends.get(index)
		const parts: ChatEvent[] = []
		try {
			const reason = this.reader.close(index, end?.reason ?? 'stop', parts)
			const stopText = this.reading.stop?.find((text) => text === end?.stopText)
			parts.push({ type: 'choice-finish', choice: index, reason, stopText })
		} finally {
			this.emit(parts, events)
		}
	}

	/** Choice 0 comes first: if it has produced nothing yet, it gets an empty text. */
	private emit(parts: readonly ChatEvent[], events: ChatEvent[]): void {
		for (const part of parts) {
			if (!this.firstHasOutput && 'choice' in part) {
				this.firstHasOutput = true
				if (part.choice > 0) events.push(...emptyText)
				if (!this.closed.has(0)) this.closed.set(0, false)
			}
			if (part.type === 'part-delta' || (part.type === 'part-start' && part.part.type === 'tool-call'))
				this.pieceCount++
			events.push(part)
		}
	}

	private usage(): Usage {
		return this.reported ?? countedUsage(this.pieceCount)
	}
}

/** For choice 0. */
const emptyText: readonly ChatEvent[] = [
	{ type: 'part-start', choice: 0, part: { type: 'text' } },
	{ type: 'part-end', choice: 0 },
]
