// Statements that wait for a reader: callers take turns, by tenant, then by owner. It knows neither threads nor how long a
// statement may wait.

import { type FairEntry, FairQueue, type SharePath } from '../../system/fair-queue.ts'
import type { Row } from '../sql/sql.ts'
import type { Statement } from './statement.ts'

export interface WaitingRead {
	readonly statement: Statement
	readonly answer: PromiseWithResolvers<readonly Row[]>
	readonly sinceMs: number
}

export class ReadQueue {
	private readonly maxWaiting: number
	private readonly turns = new FairQueue<WaitingRead>()
	/** The same statements, oldest first. */
	private readonly byAge = new Set<WaitingRead>()

	constructor(maxWaiting: number) {
		this.maxWaiting = maxWaiting
	}

	/** Since when the oldest statement waits. Undefined if there is none. */
	get oldestMs(): number | undefined {
		const [oldest] = this.byAge
		return oldest?.sinceMs
	}

	/**
	 * Adds a statement. If the queue is full, rejects the newest statement of the caller with the most, which may be this
	 * one.
	 */
	add(caller: SharePath, read: WaitingRead, full: () => Error): void {
		if (this.byAge.size >= this.maxWaiting) {
			const displaced = this.turns.heaviest(caller)
			if (displaced === undefined) {
				read.answer.reject(full())
				return
			}
			this.turns.remove(displaced)
			this.byAge.delete(displaced.item)
			displaced.item.answer.reject(full())
		}
		this.turns.add(caller, read)
		this.byAge.add(read)
	}

	/** Removes the next statements, at most `most`. They count as running until `ended`. */
	take(most: number): readonly FairEntry<WaitingRead>[] {
		const taken: FairEntry<WaitingRead>[] = []
		while (taken.length < most) {
			const next = this.turns.take()
			if (next === undefined) break
			this.byAge.delete(next.item)
			taken.push(next)
		}
		return taken
	}

	ended(taken: readonly FairEntry<WaitingRead>[]): void {
		for (const { path } of taken) this.turns.ended(path)
	}

	/** Rejects all statements that wait. */
	reject(reason: unknown): void {
		const taken = this.take(Number.POSITIVE_INFINITY)
		this.ended(taken)
		for (const { item } of taken) item.answer.reject(reason)
	}
}
