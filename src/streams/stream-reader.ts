// Reads a kept stream from its file as far as it is written, event by event, and waits for more until the mark of its end.

import { closeSync, readSync } from 'node:fs'
import type { Pieces } from '../http/event-stream.ts'
import type { Clock } from '../system/clock.ts'

/** Behind the last event. No event holds one: JSON writes it as an escape. */
export const endMark = '\0'

export interface EventReaderOptions {
	/** Taken over: closed at the end. */
	readonly descriptor: number
	/** Where the events begin, in bytes. */
	readonly start: number
	/** How many events are passed over. */
	readonly after: number
	readonly clock: Clock
	/** Tells when there is more, where the source runs in this process. */
	readonly grown: { grown(): Promise<void> } | undefined
}

/** How often another process's file is looked at, in milliseconds. */
const lookMs = 50
const pieceBytes = 65_536
const eventEnd = Buffer.from('\n\n')

export class EventReader implements Pieces {
	private readonly options: EventReaderOptions
	private readonly gone = new AbortController()
	private position: number
	private toSkip: number
	/** An event of which the end is not read yet. */
	private begun: Buffer = Buffer.alloc(0)
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
				// What came in between is not slept through.
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
		const bytes = Buffer.allocUnsafe(pieceBytes)
		const length = readSync(this.options.descriptor, bytes, 0, pieceBytes, this.position)
		this.position += length
		return bytes.subarray(0, length)
	}

	/** Whole events among what was read. */
	private take(bytes: Buffer): string {
		const mark = bytes.indexOf(0)
		const known = Buffer.concat([this.begun, mark === -1 ? bytes : bytes.subarray(0, mark)])
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
		this.begun = known.subarray(Math.max(until, from))
		if (mark !== -1) this.close()
		return text
	}

	private close(): void {
		this.over = true
		this.gone.abort()
		closeSync(this.options.descriptor)
	}

	private more(): Promise<void> {
		const { grown, clock } = this.options
		const looked = clock.sleep(lookMs, this.gone.signal).catch(() => undefined)
		return grown === undefined ? looked : Promise.race([grown.grown(), looked])
	}
}
