// Lets pieces of work that occupy the event loop for long run one at a time, callers in turn. After each piece the loop
// is left to others for as long as the piece occupied it. It does not know what the work is.

import { type FairEntry, FairQueue, type SharePath } from './fair-queue.ts'

/** A piece of work that waits for its turn. */
export interface WaitingWork {
	readonly begins: Promise<void>
	/** The work will not be done. Idempotent. */
	cancel(): void
}

/** What an immediate event takes at least: a piece that occupied the loop for less is not long, in milliseconds. */
const shortMs = 2

export class Occupancy {
	private readonly waiting = new FairQueue<() => void>()
	private occupied = false

	/**
	 * The work begins when this returns undefined, or when the turn begins, and ends with the synchronous work and the
	 * microtasks that follow it.
	 */
	enter(caller: SharePath): WaitingWork | undefined {
		if (!this.occupied) {
			this.occupy(caller)
			return undefined
		}
		const { promise, resolve } = Promise.withResolvers<void>()
		const entry = this.waiting.add(caller, resolve)
		return { begins: promise, cancel: () => this.waiting.remove(entry) }
	}

	private occupy(caller: SharePath): void {
		this.waiting.began(caller)
		this.measure(caller)
	}

	/** Timers run when the loop is free again. */
	private measure(caller: SharePath): void {
		this.occupied = true
		const beganMs = performance.now()
		setTimeout(() => {
			const tookMs = performance.now() - beganMs
			setTimeout(() => this.end(caller), tookMs > shortMs ? tookMs : 0)
		}, 0)
	}

	private end(caller: SharePath): void {
		this.waiting.ended(caller)
		this.occupied = false
		const next: FairEntry<() => void> | undefined = this.waiting.take()
		if (next === undefined) return
		this.measure(next.path)
		next.item()
	}
}
