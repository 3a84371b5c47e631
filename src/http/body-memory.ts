// Bounds the memory of all bodies that are being received. If they need too much, bodies of the caller with the largest
// share are refused, the largest first: callers with small bodies never notice. It does not know how bodies are read.

import { ChatError } from '../chat/error.ts'

/** A body of which some bytes are in memory. */
export interface HeldBody {
	/** Identifies the caller. */
	readonly owner: string
	readonly heldBytes: number
	/** Ends the body, which then calls `delete`. */
	refuse(error: ChatError): void
}

export class BodyMemory {
	private readonly maxBytes: number
	private readonly held = new Map<HeldBody, number>()
	private totalBytes = 0

	constructor(maxBytes: number) {
		this.maxBytes = maxBytes
	}

	/** More of a body is in memory. Refuses bodies, possibly this one, until the total is within the bound. */
	add(body: HeldBody, bytes: number): void {
		this.held.set(body, (this.held.get(body) ?? 0) + bytes)
		this.totalBytes += bytes
		while (this.totalBytes > this.maxBytes) {
			const largest = this.findLargest()
			if (largest === undefined) return
			largest.refuse(
				new ChatError('overloaded', 'The server is receiving too many large requests. Please retry your request.', {
					setting: 'limits.bodyMemoryBytes',
					retryAfterMs: 1000,
				}),
			)
			this.delete(largest)
		}
	}

	/** The body is complete or was refused. */
	delete(body: HeldBody): void {
		this.totalBytes -= this.held.get(body) ?? 0
		this.held.delete(body)
	}

	/** The largest body of the owner whose bodies are the largest together. */
	private findLargest(): HeldBody | undefined {
		const shares = new Map<string, number>()
		for (const [{ owner }, bytes] of this.held) shares.set(owner, (shares.get(owner) ?? 0) + bytes)
		const [owner] = [...shares].sort(([, a], [, b]) => b - a)[0] ?? []
		const bodies = [...this.held].filter(([body]) => body.owner === owner)
		return bodies.sort(([, a], [, b]) => b - a)[0]?.[0]
	}
}
