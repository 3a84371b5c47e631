// A clock for tests. Time passes only when the test advances it.

import type { Clock } from './clock.ts'

interface Sleeper {
	readonly ms: number
	readonly untilMs: number
	readonly wake: () => void
}

export class ManualClock implements Clock {
	private ms: number
	/** How far the clock was set, in milliseconds. */
	private offsetMs = 0
	private readonly sleepers = new Set<Sleeper>()
	private readonly watchers = new Set<() => void>()

	/** @param startMs milliseconds since 1970; the real time if absent, so that it agrees with the times of files. */
	constructor(startMs = Date.now()) {
		this.ms = startMs
	}

	now(): number {
		return this.ms + this.offsetMs
	}

	monotonicMs(): number {
		return this.ms
	}

	/** Sets the clock forward or back, while no time passes. */
	set(byMs: number): void {
		this.offsetMs += byMs
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted === true) return reject(signal.reason)
			const abort = () => {
				this.sleepers.delete(sleeper)
				reject(signal?.reason)
			}
			const wake = () => {
				signal?.removeEventListener('abort', abort)
				resolve()
			}
			const sleeper: Sleeper = { ms, untilMs: this.ms + ms, wake }
			this.sleepers.add(sleeper)
			signal?.addEventListener('abort', abort, { once: true })
			for (const watcher of [...this.watchers]) watcher()
		})
	}

	/** Resolves when some code sleeps for exactly `ms`. */
	asleep(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const look = () => {
				if (![...this.sleepers].some((sleeper) => sleeper.ms === ms)) return
				this.watchers.delete(look)
				resolve()
			}
			this.watchers.add(look)
			look()
		})
	}

	/** Wakes the sleepers that are due, in order. */
	advance(ms: number): void {
		this.ms += ms
		const due = [...this.sleepers].filter(({ untilMs }) => untilMs <= this.ms).sort((a, b) => a.untilMs - b.untilMs)
		for (const sleeper of due) {
			this.sleepers.delete(sleeper)
			sleeper.wake()
		}
	}
}
