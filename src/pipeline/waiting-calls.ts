// The calls that wait in a queue, and the readers of their streams that want to know their positions. It does not know what
// a call waits for.

import type { TurnId } from '../conversations/turn-id.ts'
import type { QueuePosition } from '../system/fair-permits.ts'

/** Positions are read this often, and this long after those that were read before, in milliseconds. */
const [everyMs, pauseMs] = [1000, 100]
/** Readers in one turn of the event loop: each may have to send its position. */
const readersPerTurn = 500

/** Follows the position of one call. */
export interface PositionReader {
	/** The position may have changed; undefined if the call does not wait. */
	read(position: number | undefined): void
}

/**
 * The position of one call costs as much as those of all calls in its queue, if the queue has changed since the last one.
 * So positions are read together, in passes: with 10,000 waiting calls, one at a time would occupy the event loop.
 */
export class WaitingCalls {
	private readonly positions = new Map<TurnId, QueuePosition>()
	private readonly readers = new Map<TurnId, Set<FollowedCall>>()
	private readonly all = new Set<FollowedCall>()
	/** Those that the next pass reads. */
	private readonly due = new Set<FollowedCall>()
	private lastPassMs = Number.NEGATIVE_INFINITY
	private nextPass: ReturnType<typeof setTimeout> | undefined
	private repeating: ReturnType<typeof setInterval> | undefined

	/** The call waits from now on. Its readers get its position within a tenth of a second. @returns what ends the wait. */
	begin(call: TurnId, position: QueuePosition): () => void {
		this.positions.set(call, position)
		for (const reader of this.readers.get(call) ?? []) this.checkSoon(reader)
		return () => {
			if (this.positions.get(call) === position) this.positions.delete(call)
		}
	}

	/**
	 * Calls `reader` with the position of a call soon, when it begins to wait, and about once a second.
	 *
	 * @returns what ends that.
	 */
	follow(call: TurnId, reader: PositionReader): () => void {
		const followed = { check: () => reader.read(this.positions.get(call)?.()) }
		const readers = this.readers.get(call) ?? new Set()
		this.readers.set(call, readers.add(followed))
		this.all.add(followed)
		this.repeating ??= setInterval(() => this.checkAll(), everyMs)
		this.checkSoon(followed)
		return () => {
			this.all.delete(followed)
			this.due.delete(followed)
			readers.delete(followed)
			if (readers.size === 0 && this.readers.get(call) === readers) this.readers.delete(call)
		}
	}

	/** Followed calls. */
	get followed(): number {
		return this.readers.size
	}

	private checkAll(): void {
		for (const reader of this.all) this.checkSoon(reader)
		if (this.all.size > 0) return
		clearInterval(this.repeating)
		this.repeating = undefined
	}

	private checkSoon(reader: FollowedCall): void {
		this.due.add(reader)
		const waitMs = this.lastPassMs + pauseMs - performance.now()
		this.nextPass ??= setTimeout(() => this.checkDue(), Math.max(0, waitMs))
	}

	private checkDue(): void {
		let checked = 0
		for (const reader of this.due) {
			if (++checked > readersPerTurn) break
			this.due.delete(reader)
			reader.check()
		}
		this.lastPassMs = performance.now()
		this.nextPass = this.due.size === 0 ? undefined : setTimeout(() => this.checkDue(), 0)
	}
}

interface FollowedCall {
	check(): void
}
