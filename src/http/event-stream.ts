// Bodies of server-sent events, written from pieces of text as they come. A quiet stream is kept alive with comments, and a client that
// hangs up ends the source.

import { Sweep } from '../system/sweep.ts'

const encoder = new TextEncoder()
/** How long written bytes may take to leave. */
const flushMs = 20
const comment = encoder.encode(': keep-alive\n\n')

/** Where a body's text comes from. */
export interface Pieces {
	/** The next text, possibly empty; undefined at the end. Never rejects: what goes wrong must be said in a piece. */
	next(): Promise<string | undefined>
	/** The client is gone: nothing more is wanted. */
	cancel(): void
	/** The server ends: what there is to say of that, as the last piece. */
	interrupt(): string
	/** Asked at the end: the connection is to be cut, so that no client takes this for the end of the answer. */
	readonly cut?: boolean
}

/** All bodies of one server: a single timer looks after them. */
export class EventStreams {
	private readonly keepAliveMs: number
	private readonly open = new Set<OpenStream>()
	private readonly quiet: Sweep<OpenStream>

	/** @param options `keepAliveMs`: quiet time before a comment is sent, in milliseconds; 0 sends none, for clients that cannot read one. */
	constructor(options: { readonly keepAliveMs: number }) {
		this.keepAliveMs = options.keepAliveMs
		this.quiet = new Sweep(options.keepAliveMs)
	}

	/**
	 * Asks for pieces only as fast as the client reads. Written as a generator, which costs a third less per piece than a stream that is
	 * pulled.
	 *
	 * @param gone aborted when the client hangs up: a generator that waits does not notice by itself.
	 * @param heartbeat what a quiet stream is kept alive with; `''` for nothing.
	 */
	body(pieces: Pieces, gone: AbortSignal, heartbeat?: string): AsyncGenerator<Uint8Array> {
		const stream = new OpenStream(
			pieces,
			this.keepAliveMs,
			heartbeat === undefined ? comment : encoder.encode(heartbeat),
		)
		const end = () => {
			this.open.delete(stream)
			this.quiet.delete(stream)
			gone.removeEventListener('abort', end)
			stream.cancel()
		}
		// Before the generator runs: for a client that is gone by now it never will.
		gone.addEventListener('abort', end, { once: true })
		this.open.add(stream)
		if (this.keepAliveMs > 0 && heartbeat !== '') this.quiet.add(stream)
		if (gone.aborted) end()
		return generate(stream, end)
	}

	/** Every body ends now, with what its source says of that. */
	interrupt(): void {
		for (const stream of this.open) stream.interrupt()
	}
}

async function* generate(stream: OpenStream, end: () => void): AsyncGenerator<Uint8Array> {
	try {
		for (let bytes = await stream.next(); bytes !== undefined; bytes = await stream.next()) yield bytes
		if (stream.cut) {
			// What was written goes first: a cut connection takes along what still waits for it.
			await Bun.sleep(flushMs)
			// Whatever is thrown cuts the connection; Bun prints everything but this to standard error.
			throw undefined
		}
	} finally {
		end()
	}
}

/** One body, which gets a comment when its source was quiet for too long. */
class OpenStream {
	private readonly pieces: Pieces
	private readonly keepAliveMs: number
	private readonly heartbeat: Uint8Array
	private coming: Promise<void> | undefined
	private arrived: Uint8Array | undefined
	private over = false
	private wake: ((bytes: Uint8Array | undefined) => void) | undefined
	private lastMs = performance.now()

	constructor(pieces: Pieces, keepAliveMs: number, heartbeat: Uint8Array) {
		this.pieces = pieces
		this.keepAliveMs = keepAliveMs
		this.heartbeat = heartbeat
	}

	get cut(): boolean {
		return this.pieces.cut === true
	}

	/** What to send next: text of the source, or a comment. */
	next(): Promise<Uint8Array | undefined> {
		const bytes = this.take()
		if (bytes !== undefined || this.over) return Promise.resolve(bytes)
		return new Promise((resolve) => {
			this.wake = resolve
			this.coming ??= this.pull()
		})
	}

	check(nowMs: number): void {
		if (this.wake !== undefined && nowMs - this.lastMs >= this.keepAliveMs) this.send(this.heartbeat)
	}

	/** The client is gone. */
	cancel(): void {
		if (this.over) return
		this.over = true
		this.pieces.cancel()
		this.send(undefined)
	}

	interrupt(): void {
		if (this.over) return
		const text = this.pieces.interrupt()
		this.over = true
		this.send(encoder.encode(text))
	}

	private async pull(): Promise<void> {
		let text = await this.pieces.next()
		while (text === '') text = await this.pieces.next()
		this.coming = undefined
		if (this.over) return
		if (text === undefined) this.over = true
		this.send(text === undefined ? undefined : encoder.encode(text))
	}

	/** To whoever waits, or else to whoever asks next. */
	private send(bytes: Uint8Array | undefined): void {
		const { wake } = this
		this.wake = undefined
		this.lastMs = performance.now()
		if (wake === undefined) this.arrived = bytes
		else wake(bytes)
	}

	private take(): Uint8Array | undefined {
		const bytes = this.arrived
		this.arrived = undefined
		return bytes
	}
}
