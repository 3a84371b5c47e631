// The concurrency limiter of one upstream, with a bounded first-in, first-out queue. Calls of low priority are served
// after all others, and are rejected in favor of others if the queue is full.

import { ChatError } from '../chat/error.ts'
import type { ConcurrencyOptions } from './options.ts'

/** A permit for one call. */
export interface Permit {
	/** Idempotent. */
	release(): void
}

export type Priority = 'normal' | 'low'

interface Waiter {
	readonly priority: Priority
	give(slot: Permit): void
	/** Rejects the call in favor of one of normal priority. */
	refuse(): void
}

const retryAfterMs = 1000

export class ConcurrencyLimiter {
	private readonly options: ConcurrencyOptions | undefined
	private readonly queue: Waiter[] = []
	private taken = 0

	/** @param options if undefined, calls are counted but not limited. */
	constructor(options: ConcurrencyOptions | undefined) {
		this.options = options
	}

	get running(): number {
		return this.taken
	}

	get waiting(): number {
		return this.queue.length
	}

	get full(): boolean {
		return this.options !== undefined && this.taken >= this.options.limit
	}

	/** Whether a call would be rejected: the limit is reached and the queue is full. */
	refuses(priority: Priority): boolean {
		if (this.options === undefined || !this.full || this.queue.length < this.options.queue) return false
		return priority === 'low' || !this.queue.some((waiter) => waiter.priority === 'low')
	}

	/** @returns a permit, or undefined if the limit is reached. */
	tryAcquire(): Permit | undefined {
		return this.full ? undefined : this.give()
	}

	/**
	 * Waits for a permit.
	 *
	 * @throws ChatError `overloaded` if the queue is full or the wait is too long, `cancelled` if `signal` aborts.
	 */
	async acquire(signal: AbortSignal, priority: Priority = 'normal'): Promise<Permit> {
		const { options } = this
		if (options === undefined || !this.full) return this.give()
		if (signal.aborted) throw cancelled()
		if (this.refuses(priority)) throw tooMany()
		return new Promise<Permit>((resolve, reject) => {
			const leave = () => {
				clearTimeout(timer)
				signal.removeEventListener('abort', onAbort)
				const at = this.queue.indexOf(waiter)
				if (at !== -1) this.queue.splice(at, 1)
			}
			const waiter: Waiter = {
				priority,
				give(slot) {
					leave()
					resolve(slot)
				},
				refuse() {
					leave()
					reject(tooMany())
				},
			}
			const onAbort = () => {
				leave()
				reject(cancelled())
			}
			const timer = setTimeout(() => {
				leave()
				reject(overloaded('The model is overloaded: the request waited too long in the queue.'))
			}, options.queueTimeoutMs)
			this.enqueue(waiter, options.queue)
			signal.addEventListener('abort', onAbort, { once: true })
		})
	}

	/**
	 * Inserts the call after all of the same priority. If the queue is full, the last call of low priority is rejected.
	 */
	private enqueue(waiter: Waiter, capacity: number): void {
		if (this.queue.length >= capacity) this.queue.findLast(({ priority }) => priority === 'low')?.refuse()
		const position = waiter.priority === 'low' ? -1 : this.queue.findIndex(({ priority }) => priority === 'low')
		if (position === -1) this.queue.push(waiter)
		else this.queue.splice(position, 0, waiter)
	}

	private give(): Permit {
		this.taken++
		let held = true
		return {
			release: () => {
				if (!held) return
				held = false
				this.taken--
				const [next] = this.queue
				if (next !== undefined && !this.full) next.give(this.give())
			},
		}
	}
}

function cancelled(): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.')
}

function tooMany(): ChatError {
	return overloaded('The model is overloaded: too many requests are queued.')
}

function overloaded(message: string): ChatError {
	return new ChatError('overloaded', message, { retryAfterMs })
}
