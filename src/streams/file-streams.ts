// Stored streams as files in a folder that all processes of this host share: one header line, the events, and a zero byte after the last
// event. Written data survives a crash of the process; it is not synced, so a power failure may lose the latest events.

import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ChatError } from '../chat/error.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { Scope } from '../keys/scope.ts'
import type { Clock } from '../system/clock.ts'
import type { StoredStream, StoredStreams, StreamOptions } from './stored-streams.ts'
import { EventReader, endMark } from './stream-reader.ts'

export interface FileStreamsOptions {
	readonly folder: string
	/** Identifies this process, for `interrupt`. */
	readonly process: () => string
	/** Retention of an ended stream, in milliseconds. */
	readonly retentionMs: number
	/** Maximum size of a stream, in bytes. */
	readonly maxBytes: number
	/** Maximum size of all streams together, in bytes. */
	readonly maxTotalBytes: number
	readonly clock: Clock
}

const header = z.object({ tenant: z.string(), owner: z.string(), process: z.string(), interruption: z.string() })
type Header = z.infer<typeof header>

const id = /^[0-9a-f]{32}$/
/** Intervals for polling cancellations by other processes and for removing expired streams, in milliseconds. */
const [cancelCheckMs, sweepMs] = [200, 60_000]

export class FileStreams implements StoredStreams {
	private readonly options: FileStreamsOptions
	private readonly running = new Map<string, RunningStream>()
	private readonly closing = new AbortController()
	private totalBytes = 0
	private watching = false

	private constructor(options: FileStreamsOptions) {
		this.options = options
	}

	static async open(options: FileStreamsOptions): Promise<FileStreams> {
		await mkdir(options.folder, { recursive: true, mode: 0o700 })
		const streams = new FileStreams(options)
		await streams.sweep()
		void streams.every(sweepMs, () => streams.sweep())
		return streams
	}

	open({ scope, id: name, interruption }: StreamOptions): StoredStream {
		if (this.totalBytes > this.options.maxTotalBytes) throw tooMuch('The storage for streams is full. Try again later.')
		const head: Header = { ...scope, process: this.options.process(), interruption }
		const stream = new RunningStream(this.file(name), `${JSON.stringify(head)}\n`, this.options.maxBytes, (bytes) => {
			this.totalBytes += bytes
		})
		this.running.set(name, stream)
		stream.onEnd(() => this.running.delete(name))
		this.watch()
		return stream
	}

	async read(scope: Scope, name: string, after: number): Promise<ChunkSource | undefined> {
		const opened = this.openFor(scope, name)
		if (opened === undefined) return undefined
		return new EventReader({ ...opened, after, clock: this.options.clock, grown: this.running.get(name) })
	}

	async cancel(scope: Scope, name: string): Promise<boolean> {
		const opened = this.openFor(scope, name)
		if (opened === undefined) return false
		const over = hasEnded(opened.descriptor)
		closeSync(opened.descriptor)
		if (over) return false
		const own = this.running.get(name)
		if (own !== undefined) own.abort(cancelledByCaller())
		else closeSync(openSync(this.cancelFile(name), 'w', 0o600))
		return true
	}

	async ended(scope: Scope, name: string): Promise<void> {
		const chunks = await this.read(scope, name, Number.MAX_SAFE_INTEGER)
		if (chunks === undefined) return
		while ((await chunks.next()) !== undefined);
	}

	async interrupt(process: string): Promise<void> {
		for (const name of await this.names()) {
			const head = readHeader(this.file(name))
			if (head?.header.process !== process) continue
			const descriptor = openSync(this.file(name), 'r+')
			try {
				if (!hasEnded(descriptor)) terminatePartialEvent(descriptor, head.header.interruption)
			} finally {
				closeSync(descriptor)
			}
		}
	}

	async remove({ tenant, owner }: Scope, only?: string): Promise<void> {
		for (const name of only === undefined ? await this.names() : [only]) {
			if (!id.test(name)) continue
			const head = readHeader(this.file(name))?.header
			if (head?.tenant !== tenant || head.owner !== owner) continue
			this.running.get(name)?.abort(cancelledByCaller())
			rmSync(this.file(name), { force: true })
		}
	}

	close(reason: Error): void {
		this.closing.abort()
		for (const stream of this.running.values()) stream.abort(reason)
	}

	private openFor(
		{ tenant, owner }: Scope,
		name: string,
	): { readonly descriptor: number; readonly start: number } | undefined {
		if (!id.test(name)) return undefined
		const head = readHeader(this.file(name))
		if (head === undefined || head.header.tenant !== tenant || head.header.owner !== owner) return undefined
		try {
			return { descriptor: openSync(this.file(name), 'r'), start: head.length }
		} catch {
			return undefined
		}
	}

	/** Polls for cancellations by other processes while a stream runs here. */
	private watch(): void {
		if (this.watching) return
		this.watching = true
		const poll = () => {
			for (const [name, stream] of this.running)
				if (existsSync(this.cancelFile(name))) {
					rmSync(this.cancelFile(name), { force: true })
					stream.abort(cancelledByCaller())
				}
			if (this.running.size > 0) return
			this.watching = false
			throw new Error('no stream is running')
		}
		void this.every(cancelCheckMs, poll)
	}

	/** Calls `look` until it throws or the store is closed. */
	private async every(ms: number, poll: () => void | Promise<void>): Promise<void> {
		try {
			for (;;) {
				await this.options.clock.sleep(ms, this.closing.signal)
				await poll()
			}
		} catch {
			// The store was closed, or `look` is done.
		}
	}

	private async sweep(): Promise<void> {
		const { clock, retentionMs } = this.options
		let total = 0
		for (const name of await this.names()) {
			const found = await stat(this.file(name)).catch(() => undefined)
			if (found === undefined) continue
			total += found.size
			if (this.running.has(name) || clock.now() - found.mtimeMs < retentionMs || !endedFile(this.file(name))) continue
			rmSync(this.file(name), { force: true })
			rmSync(this.cancelFile(name), { force: true })
			total -= found.size
		}
		this.totalBytes = total
	}

	private async names(): Promise<readonly string[]> {
		const files = await readdir(this.options.folder)
		return files.filter((file) => file.endsWith('.stream')).map((file) => file.slice(0, -'.stream'.length))
	}

	private file(name: string): string {
		return join(this.options.folder, `${name}.stream`)
	}

	private cancelFile(name: string): string {
		return join(this.options.folder, `${name}.cancel`)
	}
}

/** One that this process writes. */
class RunningStream implements StoredStream {
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

function readHeader(file: string): { readonly header: Header; readonly length: number } | undefined {
	let descriptor: number
	try {
		descriptor = openSync(file, 'r')
	} catch {
		return undefined
	}
	try {
		const bytes = Buffer.alloc(65_536)
		const length = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).indexOf(10)
		if (length < 0) return undefined
		return { header: header.parse(JSON.parse(bytes.toString('utf8', 0, length))), length: length + 1 }
	} finally {
		closeSync(descriptor)
	}
}

function endedFile(file: string): boolean {
	const descriptor = openSync(file, 'r')
	try {
		return hasEnded(descriptor)
	} finally {
		closeSync(descriptor)
	}
}

function hasEnded(descriptor: number): boolean {
	const { size } = fstatSync(descriptor)
	const last = Buffer.alloc(1)
	return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 0
}

/** Overwrites an incomplete event at the end, which would corrupt the next one. */
function terminatePartialEvent(descriptor: number, interruption: string): void {
	const { size } = fstatSync(descriptor)
	const bytes = Buffer.alloc(size)
	readSync(descriptor, bytes, 0, size, 0)
	const begin = bytes.indexOf(10) + 1
	const completeLength = bytes.lastIndexOf('\n\n')
	const from = completeLength < begin ? begin : completeLength + 2
	const tail = Buffer.from(interruption + endMark)
	// Pads with newlines, which have no meaning between events, if the incomplete event is longer than its replacement.
	const padded = Buffer.concat([
		tail.subarray(0, -1),
		Buffer.alloc(Math.max(0, size - from - tail.length), 10),
		Buffer.of(0),
	])
	writeSync(descriptor, padded, 0, padded.length, from)
}

function tooMuch(message: string): ChatError {
	return new ChatError('overloaded', message)
}

function cancelledByCaller(): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.', { sent: 'yes' })
}
