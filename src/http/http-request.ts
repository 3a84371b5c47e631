// The parts of a request that this server reads. A web `Request` has them, and so has a request that arrives on a
// connection.

import type { RequestHeaders } from './request-headers.ts'

export interface HttpRequest {
	readonly method: string
	/** Absolute, or path and query only. */
	readonly url: string
	readonly headers: RequestHeaders
	/** Aborted when the client disconnects. */
	readonly signal: AbortSignal
	/** Read at most once, by this or by `bytes`. */
	readonly body: AsyncIterable<Uint8Array> | null
	/** The whole body. */
	bytes(): Promise<Uint8Array>
	/** The whole body, if it arrived together with the head. */
	readonly arrived?: Uint8Array | undefined
}
