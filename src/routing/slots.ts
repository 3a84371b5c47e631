// How many calls one upstream works on at once, and who waits for a turn: first come, first served, in a bounded queue. Whoever is in no
// hurry lets all others go first, and gives up its place to them where the queue is full.

import { ChatError } from '../chat/error.ts'
import type { ConcurrencyOptions } from './options.ts'

/** A turn that was given. */
export interface Slot {
	/** A second time does nothing. */
	release(): void
}

export type Priority = 'normal' | 'low'

interface Waiter {
	readonly priority: Priority
	give(slot: Slot): void
	/** Its place is wanted by somebody in a hurry. */
	refuse(): void
}

const retryAfterMs = 1000

export class Slots {
	private readonly options: ConcurrencyOptions | undefined
	private readonly queue: Waiter[] = []
	private taken = 0

	/** @param options no bound where absent: then it only counts. */
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

	/** Neither a turn nor a place to wait for one. */
	refuses(priority: Priority): boolean {
		if (this.options === undefined || !this.full || this.queue.length < this.options.queue) return false
		return priority === 'low' || !this.queue.some((waiter) => waiter.priority === 'low')
	}

	/** A turn at once, or none. */
	tryTake(): Slot | undefined {
		return this.full ? undefined : this.give()
	}

	/**
	 * A turn as soon as there is one.
	 *
	 * @throws ChatError `overloaded` where the queue is full or the wait too long, `cancelled` where the caller goes.
	 */
	async take(signal: AbortSignal, priority: Priority = 'normal'): Promise<Slot> {
		const { options } = this
		if (options === undefined || !this.full) return this.give()
		if (signal.aborted) throw gone()
		if (this.refuses(priority)) throw tooMany()
		return new Promise<Slot>((resolve, reject) => {
			const leave = () => {
				clearTimeout(timer)
				signal.removeEventListener('abort', hangUp)
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
			const hangUp = () => {
				leave()
				reject(gone())
			}
			const timer = setTimeout(() => {
				leave()
				reject(overloaded('The model is overloaded: the wait for a turn took too long.'))
			}, options.queueTimeoutMs)
			this.line(waiter, options.queue)
			signal.addEventListener('abort', hangUp, { once: true })
		})
	}

	/** Behind all of the same priority; the last of those in no hurry makes room. */
	private line(waiter: Waiter, places: number): void {
		if (this.queue.length >= places) this.queue.findLast(({ priority }) => priority === 'low')?.refuse()
		const patient = waiter.priority === 'low' ? -1 : this.queue.findIndex(({ priority }) => priority === 'low')
		if (patient === -1) this.queue.push(waiter)
		else this.queue.splice(patient, 0, waiter)
	}

	private give(): Slot {
		this.taken++
		let held = true
		return {
			release: () => {
				if (!held) return
				held = false
				this.taken--
				if (!this.full) this.queue[0]?.give(this.give())
			},
		}
	}
}

function gone(): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.')
}

function tooMany(): ChatError {
	return overloaded('The model is overloaded: too many requests wait for it.')
}

function overloaded(message: string): ChatError {
	return new ChatError('overloaded', message, { retryAfterMs })
}
