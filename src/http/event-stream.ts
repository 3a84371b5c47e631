// A body of server-sent events written from pieces of text as they come. A quiet stream is kept alive with comments, and a client
// that hangs up ends the source.

const encoder = new TextEncoder()
const keepAlive = encoder.encode(': keep-alive\n\n')

export interface EventStreamOptions {
	/** Quiet time before a comment is sent, in milliseconds; 0 sends none, for clients that cannot read one. */
	readonly keepAliveMs: number
}

/**
 * Pulls `pieces` only as fast as the client reads. Cancelling the stream returns from `pieces`. An error thrown by `pieces` breaks the
 * connection, so whatever can be said to the client must come as a piece.
 */
export function eventStream(pieces: AsyncIterable<string>, options: EventStreamOptions): ReadableStream<Uint8Array> {
	const source = pieces[Symbol.asyncIterator]()
	let waiting: Promise<IteratorResult<string>> | undefined
	return new ReadableStream<Uint8Array>({
		async pull(controller) {
			// A pull that enqueues nothing is not repeated by the stream, so empty pieces are skipped here.
			for (;;) {
				waiting ??= source.next()
				const next = await quietly(waiting, options.keepAliveMs)
				if (next === undefined) return controller.enqueue(keepAlive)
				waiting = undefined
				if (next.done === true) return controller.close()
				if (next.value !== '') return controller.enqueue(encoder.encode(next.value))
			}
		},
		async cancel() {
			await source.return?.()
		},
	})
}

/** What `next` brings, or undefined where it stays quiet for `quietMs`. */
async function quietly<Value>(next: Promise<Value>, quietMs: number): Promise<Value | undefined> {
	if (quietMs === 0) return next
	let timer: ReturnType<typeof setTimeout> | undefined
	const quiet = new Promise<undefined>((resolve) => {
		timer = setTimeout(resolve, quietMs, undefined)
	})
	try {
		return await Promise.race([next, quiet])
	} finally {
		clearTimeout(timer)
	}
}
