// A stored stream that this process writes, and the notification of its readers. If the disk is full, the file contains
// the events before, and the end waits in memory until there is space.

import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { type BoundSetting, ChatError } from '../chat/error.ts'
import type { StoredStream } from './stored-streams.ts'
import { endMark } from './stream-reader.ts'

/** The space that a stream may use. */
export interface StreamSpace {
	/** Maximum size of the stream, in bytes. */
	readonly maxBytes: number
	/** @throws ChatError `overloaded` if there is no space for so many bytes. */
	makeRoom(bytes: number): void
	/** Called with the new size. */
	grew(bytes: number): void
}

export class RunningStream implements StoredStream {
	private readonly controller = new AbortController()
	private readonly descriptor: number
	private readonly space: StreamSpace
	private readonly listeners = new Set<() => void>()
	private readonly endListeners = new Set<() => void>()
	/** Size of the file, in bytes. */
	private written = 0
	private over = false
	private ending: string | undefined

	/** @throws ChatError `unavailable` if the file cannot be created. */
	constructor(file: string, head: string, space: StreamSpace) {
		this.descriptor = create(file)
		this.space = space
		try {
			this.write(head)
		} catch (thrown) {
			closeSync(this.descriptor)
			rmSync(file, { force: true })
			throw thrown
		}
	}

	get signal(): AbortSignal {
		return this.controller.signal
	}

	/** Size of the file. */
	get writtenBytes(): number {
		return this.written
	}

	/** Whether the stream has ended, in the file or in memory. */
	get hasEnded(): boolean {
		return this.over
	}

	/** The end of the stream, if it is not in the file yet. */
	get unwrittenEnd(): string | undefined {
		return this.ending
	}

	append(text: string): void {
		if (this.over || text === '') return
		const { maxBytes } = this.space
		if (this.written + text.length > maxBytes)
			throw tooMuch('streams.maxBytes', `The answer exceeds the maximum size of a stored stream: ${maxBytes} bytes.`)
		this.space.makeRoom(text.length)
		this.write(text)
		this.notify()
	}

	end(lastEvent = ''): void {
		if (this.over) return
		this.over = true
		this.ending = lastEvent + endMark
		this.writeEnd()
		this.notify()
	}

	/** Writes the end if it is not in the file yet and there is space. */
	writeEnd(): void {
		if (this.ending === undefined) return
		try {
			this.write(this.ending)
		} catch {
			// `FileStreams` tries again.
			return
		}
		this.ending = undefined
		closeSync(this.descriptor)
		for (const listener of this.endListeners) listener()
	}

	abort(reason: Error): void {
		this.controller.abort(reason)
	}

	/** Called once the end is in the file. */
	onEnd(listener: () => void): void {
		this.endListeners.add(listener)
	}

	/** Resolves at the next change. */
	grown(): Promise<void> {
		if (this.over) return Promise.resolve()
		return new Promise((resolve) => {
			const listener = () => {
				this.listeners.delete(listener)
				resolve()
			}
			this.listeners.add(listener)
		})
	}

	private notify(): void {
		for (const listener of [...this.listeners]) listener()
	}

	/**
	 * Writes all of `text` or nothing.
	 *
	 * @throws ChatError `unavailable` if it cannot be written.
	 */
	private write(text: string): void {
		const bytes = Buffer.from(text)
		try {
			for (let done = 0; done < bytes.length; )
				done += writeSync(this.descriptor, bytes, done, bytes.length - done, this.written + done)
		} catch (cause) {
			// Half an event would corrupt what follows it.
			ftruncateSync(this.descriptor, this.written)
			throw notStored(cause)
		}
		this.written += bytes.length
		this.space.grew(this.written)
	}
}

function create(file: string): number {
	try {
		return openSync(file, 'wx', 0o600)
	} catch (cause) {
		// Ids are unique, so a file that exists is a defect.
		if (Reflect.get(Object(cause), 'code') === 'EEXIST') throw cause
		throw notStored(cause)
	}
}

function notStored(cause: unknown): ChatError {
	return new ChatError('unavailable', 'The stream could not be stored.', { cause, retryAfterMs: 1000, local: true })
}

export function tooMuch(setting: BoundSetting, message: string): ChatError {
	return new ChatError('overloaded', message, { setting })
}
