// A stored stream that this process writes, and the notification of its readers.

import { closeSync, openSync, writeSync } from 'node:fs'
import { ChatError } from '../chat/error.ts'
import type { StoredStream } from './stored-streams.ts'
import { endMark } from './stream-reader.ts'

export class RunningStream implements StoredStream {
	private readonly controller = new AbortController()
	private readonly descriptor: number
	private readonly maxBytes: number
	private readonly grew: (bytes: number) => void
	private readonly listeners = new Set<() => void>()
	private readonly endListeners = new Set<() => void>()
	private written = 0
	private over = false

	constructor(file: string, head: string, maxBytes: number, grew: (bytes: number) => void) {
		this.descriptor = openSync(file, 'wx', 0o600)
		this.maxBytes = maxBytes
		this.grew = grew
		this.write(head)
	}

	get signal(): AbortSignal {
		return this.controller.signal
	}

	append(text: string): void {
		if (this.over || text === '') return
		if (this.written + text.length > this.maxBytes)
			throw tooMuch(`The answer exceeds the maximum size of a stored stream: ${this.maxBytes} bytes.`)
		this.write(text)
	}

	end(lastEvent = ''): void {
		if (this.over) return
		this.write(lastEvent + endMark)
		this.over = true
		closeSync(this.descriptor)
		for (const listener of this.endListeners) listener()
	}

	abort(reason: Error): void {
		this.controller.abort(reason)
	}

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

	private write(text: string): void {
		const bytes = writeSync(this.descriptor, text)
		this.written += bytes
		this.grew(bytes)
		for (const listener of [...this.listeners]) listener()
	}
}

export function tooMuch(message: string): ChatError {
	return new ChatError('overloaded', message)
}
