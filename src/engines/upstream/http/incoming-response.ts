// A response whose head has been received and whose body is read incrementally.

import type { ResponseHead } from './response-parser.ts'

export interface IncomingResponse extends ResponseHead {
	/**
	 * Waits for the next bytes of the body and returns them. Undefined at the end.
	 *
	 * @throws HttpFailure
	 */
	read(): Promise<Uint8Array | undefined>
	/**
	 * Returns the rest of the body. Synchronous if all of it has been received.
	 *
	 * @throws HttpFailure `too-large` if the body exceeds `maxBytes`.
	 */
	readAll(maxBytes: number): Uint8Array | Promise<Uint8Array>
	/** Discards the rest of the body. A short rest is read so that the connection can be reused. */
	release(): void
	/** Aborts the exchange immediately and closes the connection. */
	cancel(): void
}
