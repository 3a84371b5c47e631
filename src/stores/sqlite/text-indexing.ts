// Adds new messages to SQLite's index over their texts, in the background: in slices, with pauses in which other writes
// run. Rewrites the index some time after a removal, so that it does not contain trigrams of removed messages.

import type { Sql } from '../sql/sql.ts'
import { indexSlice, mergeStep, type SliceSize } from './sqlite-text-index.ts'

/** Delay from a write to the first slice, in milliseconds. */
const delayMs = 200
/** While other writes run, slices are small, and a pause follows each one: a multiple of its duration. */
const busySlice: SliceSize = { messages: 128, bytes: 131_072 }
const idleSlice: SliceSize = { messages: 512, bytes: 524_288 }
const busyPause = 2
/** Delay from a removal to the rewrite, and the least interval between rewrites, in milliseconds. */
const [mergeDelayMs, mergeEveryMs] = [5000, 600_000]

export class TextIndexing {
	private readonly transact: (work: (sql: Sql) => Promise<boolean>) => Promise<boolean>
	private timer: ReturnType<typeof setTimeout> | undefined
	private mergeTimer: ReturnType<typeof setTimeout> | undefined
	private mergedMs = Number.NEGATIVE_INFINITY
	private running: Promise<void> = Promise.resolve()
	private closed = false
	/** Whether another write has ended since the last slice began. */
	private busy = false

	/** @param transact runs a short transaction when no other one runs. */
	constructor(transact: (work: (sql: Sql) => Promise<boolean>) => Promise<boolean>) {
		this.transact = transact
	}

	/** To be called after a write, which may have added messages. */
	request(): void {
		this.busy = true
		if (this.timer !== undefined || this.closed) return
		this.timer = setTimeout(() => {
			void this.complete().finally(() => {
				this.timer = undefined
				if (this.busy) this.request()
			})
		}, delayMs)
		// The next process continues.
		this.timer.unref()
	}

	/** To be called after messages were removed. */
	requestMerge(): void {
		if (this.mergeTimer !== undefined || this.closed) return
		const inMs = Math.max(mergeDelayMs, this.mergedMs + mergeEveryMs - performance.now())
		this.mergeTimer = setTimeout(() => {
			this.mergeTimer = undefined
			this.mergedMs = performance.now()
			void this.merge()
		}, inMs)
		this.mergeTimer.unref()
	}

	/** Adds all messages now. Resolves also if it fails; the next request tries again. */
	complete(): Promise<void> {
		return this.enqueue(() => this.repeat((sql, busy) => indexSlice(sql, busy ? busySlice : idleSlice)))
	}

	/** Rewrites the index now. Resolves also if it fails. */
	merge(): Promise<void> {
		let first = true
		return this.enqueue(() =>
			this.repeat(async (sql) => {
				const more = await mergeStep(sql, first)
				const again = first || more
				first = false
				return again
			}),
		)
	}

	/** Resolves after the current slice. */
	async close(): Promise<void> {
		this.closed = true
		clearTimeout(this.timer)
		clearTimeout(this.mergeTimer)
		await this.running
	}

	private enqueue(work: () => Promise<void>): Promise<void> {
		// A failure, such as a lock of another process, is that of any write: the next one reports it.
		this.running = this.running.then(work).catch(() => undefined)
		return this.running
	}

	private async repeat(slice: (sql: Sql, busy: boolean) => Promise<boolean>): Promise<void> {
		for (let more = true; more && !this.closed; ) {
			const { busy } = this
			this.busy = false
			const startMs = performance.now()
			more = await this.transact((sql) => slice(sql, busy))
			if (more && busy) await Bun.sleep((performance.now() - startMs) * busyPause)
		}
	}
}
