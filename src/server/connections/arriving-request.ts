// A request whose head has been received and whose body is read from the connection as it arrives. It does not know
// sockets: the connection adds bytes, and is notified when the reader takes them.

import type { HttpRequest } from '../../http/http-request.ts'
import type { RequestHead } from '../../http/request-head.ts'
import type { RequestHeaders } from '../../http/request-headers.ts'

export interface BodySource {
	/** The reader waits for more of the body. */
	wanted(): void
}

/** The connection was closed, or the request is malformed, before the body was complete. */
export class IncompleteBodyError extends Error {
	override readonly name = 'IncompleteBodyError'
}

export class ArrivingRequest implements HttpRequest, AsyncIterator<Uint8Array, undefined> {
	readonly method: string
	readonly url: string
	readonly headers: RequestHeaders
	/** HTTP/1.0 has no upgrades, and after a body it is not clear where the new protocol begins. */
	readonly mayUpgrade: boolean
	private readonly source: BodySource
	private readonly hasBody: boolean
	private queue: Uint8Array[] = []
	private ended: boolean
	private failure: IncompleteBodyError | undefined
	private waiting: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined
	private controller: AbortController | undefined
	private aborted = false
	/** Number of bytes that wait for the reader. */
	queuedBytes = 0

	constructor({ method, url, headers, framing, minorVersion }: RequestHead, source: BodySource) {
		this.method = method
		this.url = url
		this.headers = headers
		this.source = source
		this.hasBody = framing !== undefined
		this.mayUpgrade = !this.hasBody && minorVersion === 1
		this.ended = !this.hasBody
	}

	get signal(): AbortSignal {
		this.controller ??= new AbortController()
		if (this.aborted) this.controller.abort()
		return this.controller.signal
	}

	get body(): AsyncIterable<Uint8Array> | null {
		return this.hasBody ? { [Symbol.asyncIterator]: () => this } : null
	}

	get arrived(): Uint8Array | undefined {
		if (!this.ended || this.failure !== undefined) return undefined
		return this.queue.length === 1 ? this.queue[0] : Buffer.concat(this.queue)
	}

	async bytes(): Promise<Uint8Array> {
		const pieces: Uint8Array[] = []
		for await (const piece of this.body ?? []) pieces.push(piece)
		return Buffer.concat(pieces)
	}

	next(): Promise<IteratorResult<Uint8Array, undefined>> {
		const first = this.queue.shift()
		if (first !== undefined) {
			this.queuedBytes -= first.byteLength
			this.source.wanted()
			return Promise.resolve({ done: false, value: first })
		}
		if (this.failure !== undefined) return Promise.reject(this.failure)
		if (this.ended) return Promise.resolve({ done: true, value: undefined })
		this.waiting = Promise.withResolvers()
		this.source.wanted()
		return this.waiting.promise
	}

	/** Adds bytes of the body. */
	push(bytes: Uint8Array): void {
		if (this.waiting === undefined) {
			this.queue.push(bytes)
			this.queuedBytes += bytes.byteLength
			return
		}
		this.waiting.resolve({ done: false, value: bytes })
		this.waiting = undefined
	}

	/** The body is complete. */
	end(): void {
		this.ended = true
		this.waiting?.resolve({ done: true, value: undefined })
		this.waiting = undefined
	}

	/** The rest of the body will not arrive. */
	fail(message: string): void {
		if (this.ended) return
		this.failure = new IncompleteBodyError(message)
		this.waiting?.reject(this.failure)
		this.waiting = undefined
	}

	/** The client disconnected. */
	abort(): void {
		this.aborted = true
		this.controller?.abort()
		this.fail('the client disconnected')
	}
}
