// Stored streams as files in a folder that all processes of this host share: one header line, the events, and a zero
// byte after the last event. Written data survives a crash of the process; it is not synced, so a power failure may
// lose the latest events.

import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import { ownerId, type Scope, tenantId } from '../keys/scope.ts'
import type { Clock } from '../system/clock.ts'
import { RunningStream, tooMuch } from './running-stream.ts'
import type { StoredStream, StoredStreams, StreamOptions } from './stored-streams.ts'
import {
	endedFile,
	type Header,
	hasEnded,
	interruptionAfter,
	readHeader,
	terminatePartialEvent,
} from './stream-file.ts'
import { endMark, readBytes, StoredEventReader, type StreamWriterState } from './stream-reader.ts'
import { StreamShares } from './stream-shares.ts'

export interface FileStreamsOptions {
	readonly folder: string
	/** Identifies this process, for `interrupt`. */
	readonly process: () => string
	/**
	 * Whether a process of this host is running. The streams of one that is not end with their `interruption`, for readers
	 * immediately and in the file once it can be written.
	 */
	readonly isRunning: (process: string) => boolean
	/** Retention of an ended stream, in milliseconds. */
	readonly retentionMs: number
	/** Maximum size of a stream, in bytes. */
	readonly maxBytes: number
	/** Maximum size of all streams together, in bytes. */
	readonly maxTotalBytes: number
	readonly clock: Clock
}

const id = /^[0-9a-f]{32}$/
/** Intervals for polling cancellations by other processes and for removing expired streams, in milliseconds. */
const [cancelCheckMs, sweepMs] = [200, 60_000]

interface OpenedStream {
	readonly descriptor: number
	/** Offset of the first event, in bytes. */
	readonly start: number
	readonly header: Header
}

export class FileStreams implements StoredStreams {
	private readonly options: FileStreamsOptions
	private readonly running = new Map<string, RunningStream>()
	private readonly closing = new AbortController()
	private readonly shares = new StreamShares()
	private readonly buffer = Buffer.allocUnsafeSlow(readBytes)
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
		this.makeRoom(scope, 0)
		const head: Header = { ...scope, process: this.options.process(), interruption }
		const stream = new RunningStream(this.file(name), `${JSON.stringify(head)}\n`, {
			maxBytes: this.options.maxBytes,
			makeRoom: (bytes) => this.makeRoom(scope, bytes),
			grew: (written) => this.shares.resize(name, written),
		})
		this.shares.add(name, scope, stream.writtenBytes, this.options.clock.now())
		this.running.set(name, stream)
		stream.onEnd(() => this.running.delete(name))
		this.watch()
		return stream
	}

	async read(scope: Scope, name: string, after: number): Promise<ChunkSource | undefined> {
		const opened = this.openFor(scope, name)
		if (opened === undefined) return undefined
		const { descriptor, start } = opened
		const writer = this.running.get(name) ?? this.interruptedWriter(opened)
		return new StoredEventReader({ descriptor, start, after, clock: this.options.clock, writer, buffer: this.buffer })
	}

	async cancel(scope: Scope, name: string): Promise<boolean> {
		const opened = this.openFor(scope, name)
		if (opened === undefined) return false
		const over = hasEnded(opened.descriptor)
		closeSync(opened.descriptor)
		if (over) return false
		const own = this.running.get(name)
		if (own?.hasEnded === true) return false
		if (own !== undefined) own.abort(cancelledByCaller())
		else closeSync(openSync(this.cancelFile(name), 'w', 0o600))
		return true
	}

	async ended(scope: Scope, name: string, withinMs: number): Promise<void> {
		const chunks = await this.read(scope, name, Number.MAX_SAFE_INTEGER)
		if (chunks === undefined) return
		const over = new AbortController()
		const stop = () => chunks.cancel()
		this.options.clock.sleep(withinMs, over.signal).then(stop, stop)
		while ((await chunks.next()) !== undefined);
		over.abort()
	}

	async interrupt(process: string): Promise<void> {
		for (const name of await this.names()) {
			const head = readHeader(this.file(name))
			if (head?.header.process !== process) continue
			this.terminate(name, head.header)
		}
	}

	async remove({ tenant, owner }: Scope, only?: string): Promise<void> {
		for (const name of only === undefined ? await this.names() : [only]) {
			if (!id.test(name)) continue
			const head = readHeader(this.file(name))?.header
			if (head?.tenant !== tenant || head.owner !== owner) continue
			this.running.get(name)?.abort(cancelledByCaller())
			rmSync(this.file(name), { force: true })
			this.shares.remove(name)
		}
	}

	close(reason: Error): void {
		this.closing.abort()
		for (const stream of this.running.values()) stream.abort(reason)
	}

	private openFor({ tenant, owner }: Scope, name: string): OpenedStream | undefined {
		if (!id.test(name)) return undefined
		const head = readHeader(this.file(name))
		if (head === undefined || head.header.tenant !== tenant || head.header.owner !== owner) return undefined
		try {
			return { descriptor: openSync(this.file(name), 'r'), start: head.length, header: head.header }
		} catch {
			return undefined
		}
	}

	/**
	 * Removes ended streams of the heaviest caller until there is space for `bytes` more. If all of them are running, the newest one is
	 * ended, and `scope` gets its share beyond the maximum.
	 *
	 * @throws ChatError `overloaded` if `scope` itself is the heaviest caller, or uses more than its share.
	 */
	private makeRoom(scope: Scope, bytes: number): void {
		const { maxTotalBytes } = this.options
		const isFull = () => this.shares.totalBytes + bytes > maxTotalBytes
		if (!isFull()) return
		for (let freed = true; freed && isFull(); )
			freed = this.removeOneOf(this.shares.removable(scope).map(({ name }) => name))
		if (!isFull()) return
		if (!this.shares.isWithinShare(scope.tenant, bytes, maxTotalBytes))
			throw tooMuch('streams.maxTotalBytes', 'The storage for streams is full. Try again later.')
		const running = this.shares.removable(scope).flatMap(({ name }) => this.running.get(name) ?? [])
		running.findLast(({ signal }) => !signal.aborted)?.abort(displaced())
	}

	/** Removes the first stream that has ended. @returns whether there is one. */
	private removeOneOf(names: readonly string[]): boolean {
		const name = names.find((other) => !this.running.has(other) && endedFile(this.file(other)))
		if (name === undefined) return false
		rmSync(this.file(name), { force: true })
		this.shares.remove(name)
		return true
	}

	/** Polls for cancellations by other processes, and for space for the end, while a stream runs here. */
	private watch(): void {
		if (this.watching) return
		this.watching = true
		const poll = () => {
			for (const [name, stream] of this.running) {
				stream.writeEnd()
				if (existsSync(this.cancelFile(name))) {
					rmSync(this.cancelFile(name), { force: true })
					stream.abort(cancelledByCaller())
				}
			}
			this.watching = this.running.size > 0
			return this.watching
		}
		void this.every(cancelCheckMs, poll)
	}

	/** Calls `poll` until it returns false or the store is closed. A call that fails is repeated after the same time. */
	private async every(ms: number, poll: () => boolean | Promise<boolean>): Promise<void> {
		const { signal } = this.closing
		const isOpen = () =>
			this.options.clock.sleep(ms, signal).then(
				() => true,
				() => false,
			)
		while (await isOpen()) {
			try {
				if (!(await poll())) return
			} catch {
				// Such as a folder that cannot be read at the moment.
			}
		}
	}

	private async sweep(): Promise<true> {
		const names = await this.names()
		// A file that cannot be read, or that another process has just removed, is examined by the next sweep.
		for (const name of names) await this.removeExpired(name).catch(() => undefined)
		const found = new Set(names)
		for (const name of this.shares.names()) if (!found.has(name) && !this.running.has(name)) this.shares.remove(name)
		return true
	}

	private async removeExpired(name: string): Promise<void> {
		const { clock, retentionMs } = this.options
		const found = await stat(this.file(name)).catch(() => undefined)
		if (found === undefined) return
		try {
			this.terminateInterrupted(name)
		} catch {
			// A full disk, or a file that another process has just removed: the next sweep tries again.
		}
		if (this.running.has(name)) return
		if (clock.now() - found.mtimeMs < retentionMs || !endedFile(this.file(name))) return this.measure(name, found)
		rmSync(this.file(name), { force: true })
		rmSync(this.cancelFile(name), { force: true })
		this.shares.remove(name)
	}

	/** Counts the size of a file that another process may write. */
	private measure(name: string, { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): void {
		const header = this.shares.has(name) ? undefined : readHeader(this.file(name))?.header
		if (header === undefined) this.shares.resize(name, size)
		else this.shares.add(name, scopeOfHeader(header), size, mtimeMs)
	}

	/** The writer of a stream whose process exited without ending it; undefined if it may still be written. */
	private interruptedWriter({ descriptor, start, header }: OpenedStream): StreamWriterState | undefined {
		if (hasEnded(descriptor) || this.options.isRunning(header.process)) return undefined
		const unwrittenEnd = interruptionAfter(descriptor, start, header.interruption) + endMark
		return { grown: () => Promise.resolve(), unwrittenEnd }
	}

	private terminateInterrupted(name: string): void {
		if (this.running.has(name) || endedFile(this.file(name))) return
		const header = readHeader(this.file(name))?.header
		if (header !== undefined && !this.options.isRunning(header.process)) this.terminate(name, header)
	}

	private terminate(name: string, { interruption }: Header): void {
		const descriptor = openSync(this.file(name), 'r+')
		try {
			if (!hasEnded(descriptor)) terminatePartialEvent(descriptor, interruption)
		} finally {
			closeSync(descriptor)
		}
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

function scopeOfHeader({ tenant, owner }: Header): Scope {
	return { tenant: tenantId(tenant), owner: ownerId(owner) }
}

function displaced(): ChatError {
	return new ChatError('overloaded', 'Other callers need the storage for streams. Try again later.', {
		setting: 'streams.maxTotalBytes',
		sent: 'yes',
	})
}

function cancelledByCaller(): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.', { sent: 'yes' })
}
