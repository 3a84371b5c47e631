// Bodies of server-sent events, written from pieces of text as they come. A quiet stream is kept alive with comments, and a client that
// hangs up ends the source.

const encoder = new TextEncoder()
const keepAlive = encoder.encode(': keep-alive\n\n')

/** Where a body's text comes from. */
export interface Pieces {
	/** The next text, possibly empty; undefined at the end. Never rejects: what goes wrong must be said in a piece. */
	next(): Promise<string | undefined>
	/** The client is gone: nothing more is wanted. */
	cancel(): void
}

interface OpenStream {
	readonly controller: ReadableStreamDefaultController<Uint8Array>
	/** The client has taken all and waits for more. */
	waiting: boolean
	gone: boolean
	lastMs: number
}

/** All bodies of one server: a single timer looks after them. */
export class EventStreams {
	private readonly keepAliveMs: number
	private readonly open = new Set<OpenStream>()
	private timer: ReturnType<typeof setInterval> | undefined

	/** @param options `keepAliveMs`: quiet time before a comment is sent, in milliseconds; 0 sends none, for clients that cannot read one. */
	constructor(options: { readonly keepAliveMs: number }) {
		this.keepAliveMs = options.keepAliveMs
	}

	/** Asks for pieces only as fast as the client reads. */
	body(pieces: Pieces): ReadableStream<Uint8Array> {
		let stream: OpenStream
		return new ReadableStream<Uint8Array>({
			start: (controller) => {
				stream = { controller, waiting: false, gone: false, lastMs: performance.now() }
				this.watch(stream)
			},
			pull: async (controller) => {
				stream.waiting = true
				// A pull that enqueues nothing is not repeated, so empty pieces are skipped here.
				for (;;) {
					const text = await pieces.next()
					if (stream.gone) return
					if (text === '') continue
					stream.waiting = false
					stream.lastMs = performance.now()
					if (text !== undefined) controller.enqueue(encoder.encode(text))
					else {
						this.open.delete(stream)
						controller.close()
					}
					return
				}
			},
			cancel: () => {
				stream.gone = true
				this.open.delete(stream)
				pieces.cancel()
			},
		})
	}

	private watch(stream: OpenStream): void {
		if (this.keepAliveMs === 0) return
		this.open.add(stream)
		this.timer ??= setInterval(() => this.sweep(), Math.max(10, this.keepAliveMs / 5))
	}

	private sweep(): void {
		const now = performance.now()
		for (const stream of this.open) {
			if (!stream.waiting || now - stream.lastMs < this.keepAliveMs) continue
			stream.lastMs = now
			stream.controller.enqueue(keepAlive)
		}
		if (this.open.size > 0) return
		clearInterval(this.timer)
		this.timer = undefined
	}
}
