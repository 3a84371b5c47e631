// Runs work that would occupy the event loop for long in slices of half a millisecond, one at a time, callers in turn by
// tenant, then by owner. After each slice the loop is left to others: until nothing else wants it, or for as long as the
// slice took. It does not know what the work is.

import { FairQueue, type SharePath } from './fair-queue.ts'
import { resumable, type Steps } from './resumable.ts'

/** In milliseconds. Work that takes less than a slice has no pause. */
const sliceMs = 0.5
/** A turn of the event loop that takes less has no other work, in milliseconds. */
const idleMs = 0.3
/** Turns of the loop between two slices: it looks for new events, and other requests have several steps, each in a turn. */
const leastTurns = 4

interface Work {
	/** @returns whether the work is over. */
	readonly step: () => boolean
	isCancelled: boolean
}

export class Occupancy {
	private readonly waiting = new FairQueue<Work>()
	/** How long slices have occupied the loop since others had it. */
	private occupiedMs = 0
	private isResting = false
	private longest = 0

	/** Work that has begun and is not over. */
	get pending(): number {
		return this.waiting.waiting
	}

	/** The longest slice until now, in milliseconds: longer than intended if a step took long. */
	get longestMs(): number {
		return this.longest
	}

	/**
	 * Begins immediately if no other work waits. Rejects if `signal` is aborted first, with its reason.
	 */
	run<Result>(caller: SharePath, steps: Steps<Result>, signal?: AbortSignal): Promise<Awaited<Result>> {
		const { promise, resolve, reject } = Promise.withResolvers<Awaited<Result>>()
		const cancel = () => {
			work.isCancelled = true
			reject(signal?.reason)
		}
		const end = () => signal?.removeEventListener('abort', cancel)
		const step = () => {
			try {
				const next = steps.next()
				if (next.done !== true) return false
				resolve(next.value as Awaited<Result>)
			} catch (thrown) {
				reject(thrown)
			}
			end()
			return true
		}
		const work: Work = { step, isCancelled: false }
		if (signal?.aborted === true) cancel()
		else {
			signal?.addEventListener('abort', cancel, { once: true })
			this.waiting.add(caller, work)
			if (!this.isResting || this.occupiedMs < sliceMs) this.runNext()
		}
		return promise
	}

	/** A slice of the work whose turn it is. */
	private runNext(): void {
		const next = this.waiting.take()
		if (next === undefined) return
		const { item, path } = next
		const beganMs = performance.now()
		let isOver = item.isCancelled
		let tookMs = 0
		while (!isOver && this.occupiedMs + tookMs < sliceMs) {
			isOver = item.step()
			tookMs = performance.now() - beganMs
		}
		this.occupiedMs += tookMs
		if (tookMs > this.longest) this.longest = tookMs
		this.waiting.ended(path)
		if (!isOver) this.waiting.add(path, item)
		this.rest()
	}

	/** Leaves the loop to others, then runs the next slice. */
	private rest(): void {
		if (this.isResting) return
		this.isResting = true
		let turns = 0
		let othersMs = 0
		let lastMs = performance.now()
		const turn = () => {
			const nowMs = performance.now()
			const tookMs = nowMs - lastMs
			lastMs = nowMs
			othersMs += tookMs
			if (++turns < leastTurns || (tookMs > idleMs && othersMs < this.occupiedMs)) {
				setImmediate(turn)
				return
			}
			this.isResting = false
			this.occupiedMs = 0
			this.runNext()
		}
		setImmediate(turn)
	}
}

/** What one request may occupy the event loop with, in its caller's turn. */
export class CallerTurns {
	/** Whether the request is long: work that grows with it is done in steps. */
	readonly isLong: boolean
	private readonly occupancy: Occupancy
	private readonly caller: SharePath

	constructor(occupancy: Occupancy, caller: SharePath, isLong: boolean) {
		this.occupancy = occupancy
		this.caller = caller
		this.isLong = isLong
	}

	/** See `Occupancy`. */
	run<Result>(steps: Steps<Result>): Promise<Awaited<Result>> {
		return this.occupancy.run(this.caller, steps)
	}
}

/** Does work that grows with a request: in steps if the request is long, otherwise immediately. */
export function perform<Result>(turns: CallerTurns | undefined, work: () => Result): Result | Promise<Awaited<Result>> {
	return turns?.isLong === true ? turns.run(resumable(work)) : work()
}
