// Reads a stored stream from its file event by event, and waits for more until the end mark.

import { closeSync, readSync } from 'node:fs'
import type { ChunkSource } from '../http/event-stream.ts'
import type { Clock } from '../system/clock.ts'

/** Follows the last event. No event contains it: JSON escapes it. */
export const endMark = '\0'

/** What a reader knows of the writer beside the file. */
export interface StreamWriterState {
	/** Resolves at the next change of the file. */
	grown(): Promise<void>
	/** The end of the stream with its mark, which the reader returns after the events in the file. */
	readonly unwrittenEnd: string | undefined
}

export interface EventReaderOptions {
	/** The reader closes it at the end. */
	readonly descriptor: number
	/** Offset of the first event, in bytes. */
	readonly start: number
	/** Number of events to skip. */
	readonly after: number
	readonly clock: Clock
	/** The writer; undefined if it runs in another process. */
	readonly writer: StreamWriterState | undefined
	/** What events are read into, by all readers of one store in turn: one for each read would be much garbage. */
	readonly buffer: Buffer
}

/** Polling interval for a file that another process writes, in milliseconds. */
const pollMs = 50
/** Of the buffer that readers share. */
export const readBytes = 65_536
/** Follows each event. */
export const eventEnd = Buffer.from('\n\n')

export class StoredEventReader implements ChunkSource {
	private readonly options: EventReaderOptions
	private readonly closed = new AbortController()
	/** Of the first event that was not returned. */
	private position: number
	private toSkip: number
	/** For an event that is larger than the shared buffer. */
	private own: Buffer | undefined
	private over = false

	constructor(options: EventReaderOptions) {
		this.options = options
		this.position = options.start
		this.toSkip = options.after
	}

	async next(): Promise<string | undefined> {
		while (!this.over) {
			let text = this.readEvents()
			if (text === undefined) {
				const more = this.more()
				// Reads again, because events may have arrived before the wait was registered.
				text = this.readEvents() ?? this.takeUnwrittenEnd()
				if (text === undefined) await more
			}
			if (text !== undefined && text !== '') return text
		}
		return undefined
	}

	cancel(): void {
		if (this.over) return
		this.close()
	}

	interrupt(): string {
		this.cancel()
		return ''
	}

	/**
	 * The next complete events; empty if they are skipped, undefined if there are none. An incomplete event is read again
	 * from its beginning, because a writer whose disk is full removes it.
	 */
	private readEvents(): string | undefined {
		const bytes = this.own ?? this.options.buffer
		const length = readSync(this.options.descriptor, bytes, 0, bytes.length, this.position)
		const before = this.position
		const text = this.take(bytes.subarray(0, length))
		if (this.position > before || this.over) {
			this.own = undefined
			return text
		}
		if (length < bytes.length) return undefined
		this.own = Buffer.allocUnsafe(2 * bytes.length)
		return ''
	}

	private takeUnwrittenEnd(): string | undefined {
		const end = this.options.writer?.unwrittenEnd
		return end === undefined ? undefined : this.take(Buffer.from(end))
	}

	/** Advances past the complete events in `bytes`, and returns those that are not skipped. */
	private take(bytes: Buffer): string {
		const mark = bytes.indexOf(0)
		const known = mark === -1 ? bytes : bytes.subarray(0, mark)
		let from = 0
		while (this.toSkip > 0) {
			const end = known.indexOf(eventEnd, from)
			if (end === -1) break
			from = end + eventEnd.length
			this.toSkip--
		}
		const last = known.lastIndexOf(eventEnd)
		const until = last === -1 ? 0 : last + eventEnd.length
		this.position += Math.max(until, from)
		if (mark !== -1) this.close()
		return this.toSkip > 0 || until <= from ? '' : known.toString('utf8', from, until)
	}

	private close(): void {
		this.over = true
		this.closed.abort()
		closeSync(this.options.descriptor)
	}

	private more(): Promise<void> {
		const { writer, clock } = this.options
		const polled = clock.sleep(pollMs, this.closed.signal).catch(() => undefined)
		return writer === undefined ? polled : Promise.race([writer.grown(), polled])
	}
}
