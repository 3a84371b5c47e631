// Limits errors that would repeat with every call while a fault lasts: each is written immediately, and then at most
// once per period with the number of omitted ones.

import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export type ThrottledLevel = 'warn' | 'error'

const periodMs = 60_000
/** Messages should be constant. A larger number of them means that one is not. */
const mostMessages = 100

export class ThrottledLog {
	private readonly log: Log
	private readonly clock: Pick<Clock, 'now'>
	private readonly written = new Map<string, { atMs: number; omitted: number }>()

	constructor(log: Log, clock: Pick<Clock, 'now'>) {
		this.log = log
		this.clock = clock
	}

	/** @param message identifies the fault. */
	write(level: ThrottledLevel, fields: object, message: string): void {
		const nowMs = this.clock.now()
		const last = this.written.get(message)
		// A clock that was set back must not suppress it.
		if (last !== undefined && nowMs >= last.atMs && nowMs - last.atMs < periodMs) {
			last.omitted++
			return
		}
		if (this.written.size >= mostMessages) this.written.clear()
		this.written.set(message, { atMs: nowMs, omitted: 0 })
		const omitted = last?.omitted ?? 0
		this.log[level](omitted === 0 ? fields : { ...fields, omitted }, message)
	}
}
