// Reads a stored stream from its file event by event, and waits for more until the end mark.

import { closeSync, readSync } from 'node:fs'
import type { ChunkSource } from '../http/event-stream.ts'
import type { Clock } from '../system/clock.ts'

/** Follows the last event. No event contains it: JSON escapes it. */
export const endMark = '\0'

export interface EventReaderOptions {
	/** The reader closes it at the end. */
	readonly descriptor: number
	/** Offset of the first event, in bytes. */
	readonly start: number
	/** Number of events to skip. */
	readonly after: number
	readonly clock: Clock
	/** Notifies of new events if the writer runs in this process. */
	readonly grown: { grown(): Promise<void> } | undefined
}

/** Polling interval for a file that another process writes, in milliseconds. */
const pollMs = 50
const chunkBytes = 65_536
const eventEnd = Buffer.from('\n\n')

export class StoredEventReader implements ChunkSource {
	private readonly options: EventReaderOptions
	private readonly closed = new AbortController()
	private position: number
	private toSkip: number
	/** An incomplete event. */
	private partial: Buffer = Buffer.alloc(0)
	private over = false

	constructor(options: EventReaderOptions) {
		this.options = options
		this.position = options.start
		this.toSkip = options.after
	}

	async next(): Promise<string | undefined> {
		while (!this.over) {
			let bytes = this.read()
			if (bytes.length === 0) {
				const more = this.more()
				// Reads again, because events may have arrived before the wait was registered.
				bytes = this.read()
				if (bytes.length === 0) await more
			}
			const text = this.take(bytes)
			if (text !== '') return text
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

	private read(): Buffer {
		const bytes = Buffer.allocUnsafe(chunkBytes)
		const length = readSync(this.options.descriptor, bytes, 0, chunkBytes, this.position)
		this.position += length
		return bytes.subarray(0, length)
	}

	/** The complete events among the bytes read. */
	private take(bytes: Buffer): string {
		const mark = bytes.indexOf(0)
		const known = Buffer.concat([this.partial, mark === -1 ? bytes : bytes.subarray(0, mark)])
		let from = 0
		while (this.toSkip > 0) {
			const end = known.indexOf(eventEnd, from)
			if (end === -1) break
			from = end + eventEnd.length
			this.toSkip--
		}
		const last = known.lastIndexOf(eventEnd)
		const until = last === -1 ? 0 : last + eventEnd.length
		const text = this.toSkip > 0 || until <= from ? '' : known.toString('utf8', from, until)
		this.partial = known.subarray(Math.max(until, from))
		if (mark !== -1) this.close()
		return text
	}

	private close(): void {
		this.over = true
		this.closed.abort()
		closeSync(this.options.descriptor)
	}

	private more(): Promise<void> {
		const { grown, clock } = this.options
		const polled = clock.sleep(pollMs, this.closed.signal).catch(() => undefined)
		return grown === undefined ? polled : Promise.race([grown.grown(), polled])
	}
}
