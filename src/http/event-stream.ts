// Response bodies of server-sent events, written chunk by chunk. Idle streams get keep-alive comments, and a client
// that disconnects cancels the source.

import { Sweep } from '../system/sweep.ts'

const encoder = new TextEncoder()
/** Time for written bytes to reach the socket before the connection is cut, in milliseconds. */
const flushMs = 20
const comment = encoder.encode(': keep-alive\n\n')

/** The source of a body's text. */
export interface ChunkSource {
	/** The next chunk, possibly empty; undefined at the end. Never rejects: failures must be reported in a chunk. */
	next(): Promise<string | undefined>
	/** The client disconnected. */
	cancel(): void
	/** The server shuts down. @returns the last chunk, which reports that. */
	interrupt(): string
	/** Read at the end: cut the connection, so that no client mistakes this for the end of the answer. */
	readonly cut?: boolean
}

export interface StreamBodyOptions {
	/** Keep-alive text for an idle stream; `''` for none, a comment if absent. */
	readonly heartbeat?: string | undefined
	/** The source has been idle for as long as an idle stream may be, so that keep-alive text is sent immediately. */
	readonly isIdle?: boolean | undefined
}

/** All streams of one server, with a single keep-alive timer. */
export class EventStreams {
	private readonly keepAliveMs: number
	private readonly open = new Set<OpenStream>()
	private readonly idle: Sweep<OpenStream>

	/**
	 * @param options `keepAliveMs`: idle time before a comment is sent, in milliseconds; 0 sends none, for clients that
	 * cannot parse comments.
	 */
	constructor(options: { readonly keepAliveMs: number }) {
		this.keepAliveMs = options.keepAliveMs
		this.idle = new Sweep(options.keepAliveMs)
	}

	/**
	 * Reads the source only as fast as the client reads. A generator costs a third less per chunk than a pull stream.
	 *
	 * @param disconnected aborted when the client disconnects: a suspended generator does not notice by itself.
	 */
	body(
		chunks: ChunkSource,
		disconnected: AbortSignal,
		{ heartbeat, isIdle = false }: StreamBodyOptions = {},
	): AsyncGenerator<Uint8Array> {
		const stream = new OpenStream(
			chunks,
			this.keepAliveMs,
			heartbeat === undefined ? comment : encoder.encode(heartbeat),
		)
		if (isIdle && heartbeat !== '') stream.beat()
		const end = () => {
			this.open.delete(stream)
			this.idle.delete(stream)
			disconnected.removeEventListener('abort', end)
			stream.cancel()
		}
		// Registered before the generator runs: it never runs if the client has already disconnected.
		disconnected.addEventListener('abort', end, { once: true })
		this.open.add(stream)
		if (this.keepAliveMs > 0 && heartbeat !== '') this.idle.add(stream)
		if (disconnected.aborted) end()
		return generate(stream, end)
	}

	/** Ends every stream with the last chunk of its source. */
	interrupt(): void {
		for (const stream of this.open) stream.interrupt()
	}
}

async function* generate(stream: OpenStream, end: () => void): AsyncGenerator<Uint8Array> {
	try {
		for (let bytes = await stream.next(); bytes !== undefined; bytes = await stream.next()) yield bytes
		if (stream.cut) {
			// Cutting the connection discards bytes that are not sent yet.
			await Bun.sleep(flushMs)
			// Any throw cuts the connection; Bun prints all values except undefined to standard error.
			throw undefined
		}
	} finally {
		end()
	}
}

/** One stream, which sends a keep-alive comment if its source is idle for too long. */
class OpenStream {
	private readonly chunks: ChunkSource
	private readonly keepAliveMs: number
	private readonly heartbeat: Uint8Array
	private coming: Promise<void> | undefined
	private arrived: Uint8Array | undefined
	private over = false
	private wake: ((bytes: Uint8Array | undefined) => void) | undefined
	private lastMs = performance.now()

	constructor(chunks: ChunkSource, keepAliveMs: number, heartbeat: Uint8Array) {
		this.chunks = chunks
		this.keepAliveMs = keepAliveMs
		this.heartbeat = heartbeat
	}

	get cut(): boolean {
		return this.chunks.cut === true
	}

	/** The next bytes to send: text of the source, or a comment. */
	next(): Promise<Uint8Array | undefined> {
		const bytes = this.arrived
		this.arrived = undefined
		if (bytes !== undefined || this.over) return Promise.resolve(bytes)
		const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>()
		this.wake = resolve
		this.coming ??= this.pull()
		return promise
	}

	check(nowMs: number): void {
		if (this.wake !== undefined && nowMs - this.lastMs >= this.keepAliveMs) this.beat()
	}

	/** Sends the keep-alive text. */
	beat(): void {
		this.send(this.heartbeat)
	}

	/** The client disconnected. */
	cancel(): void {
		if (this.over) return
		this.over = true
		this.chunks.cancel()
		this.send(undefined)
	}

	interrupt(): void {
		if (this.over) return
		const text = this.chunks.interrupt()
		this.over = true
		this.send(encoder.encode(text))
	}

	private async pull(): Promise<void> {
		let text = await this.chunks.next()
		while (text === '') text = await this.chunks.next()
		this.coming = undefined
		if (this.over) return
		if (text === undefined) this.over = true
		this.send(text === undefined ? undefined : encoder.encode(text))
	}

	/** Resolves the pending `next`, or stores the bytes for the following one. */
	private send(bytes: Uint8Array | undefined): void {
		const { wake } = this
		this.wake = undefined
		this.lastMs = performance.now()
		if (wake === undefined) this.arrived = bytes
		else wake(bytes)
	}
}
