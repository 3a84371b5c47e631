// A response as it arrives: its head is here, its body is read piece by piece.

import type { ResponseHead } from './response-parser.ts'

export interface IncomingResponse extends ResponseHead {
	/**
	 * What arrived and was not yet read; waits for some. Undefined at the end.
	 *
	 * @throws HttpFailure
	 */
	read(): Promise<Uint8Array | undefined>
	/**
	 * All of the rest; at once where it came already.
	 *
	 * @throws HttpFailure `too-large` beyond `maxBytes`.
	 */
	readAll(maxBytes: number): Uint8Array | Promise<Uint8Array>
	/** The rest is not wanted, but short enough to wait for, so that the connection can be used again. */
	release(): void
	/** Ends the exchange at once, and with it the connection. */
	cancel(): void
}
