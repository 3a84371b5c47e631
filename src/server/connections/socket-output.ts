// Writes to one socket. Bytes that the socket does not accept wait in memory until it drains; writers wait for that. It
// does not know what the bytes mean.

import type { Socket } from 'bun'

export class SocketOutput {
	private readonly socket: Socket<unknown>
	private unsent: Uint8Array[] = []
	private drained: PromiseWithResolvers<void> | undefined
	private closed = false
	/** Number of bytes that wait in memory. */
	pendingBytes = 0
	/** When bytes were last accepted by the system while others wait, in milliseconds of the monotonic clock. */
	lastProgressMs = 0

	constructor(socket: Socket<unknown>) {
		this.socket = socket
	}

	/** Writes all of `bytes`, now or later. The caller must not change them. */
	write(bytes: Uint8Array): void {
		if (this.closed) return
		if (this.pendingBytes > 0) return void this.keep(bytes)
		const written = Math.max(0, this.socket.write(bytes))
		if (written === bytes.byteLength) return
		this.lastProgressMs = performance.now()
		this.keep(written === 0 ? bytes : bytes.subarray(written))
	}

	/** Resolves when no bytes wait, or when the connection is closed. */
	whenDrained(): Promise<void> | undefined {
		if (this.closed || this.pendingBytes === 0) return undefined
		this.drained ??= Promise.withResolvers<void>()
		return this.drained.promise
	}

	/** Call this when the socket accepts bytes again. */
	drain(): void {
		while (this.unsent[0] !== undefined) {
			const [first] = this.unsent
			const written = Math.max(0, this.socket.write(first))
			this.pendingBytes -= written
			if (written > 0) this.lastProgressMs = performance.now()
			if (written < first.byteLength) {
				this.unsent[0] = first.subarray(written)
				return
			}
			this.unsent.shift()
		}
		this.release()
	}

	/** Call this when the socket is closed. */
	close(): void {
		this.closed = true
		this.unsent = []
		this.pendingBytes = 0
		this.release()
	}

	private keep(bytes: Uint8Array): void {
		this.unsent.push(bytes)
		this.pendingBytes += bytes.byteLength
	}

	private release(): void {
		this.drained?.resolve()
		this.drained = undefined
	}
}
