// The concurrency limiter of one upstream: permits and a bounded queue that callers share fairly.

import { type BoundSetting, ChatError } from '../chat/error.ts'
import {
	FairPermits,
	type Permit,
	type PermitRefusal,
	type Priority,
	type WaitListener,
} from '../system/fair-permits.ts'
import { anonymous, type SharePath } from '../system/fair-queue.ts'
import type { ConcurrencyOptions } from './options.ts'

const retryAfterMs = 1000
/** Upstreams with fewer permits have no reserve. Others reserve one permit in eight. */
const [minLimitWithReserve, permitsPerReserved] = [4, 8]

export class ConcurrencyLimiter {
	/** Undefined if there is no limit. */
	private readonly permits: FairPermits | undefined
	/** Running calls if there is no limit. */
	private unlimited = 0

	/** Maximum of running calls, and of waiting ones; undefined if there is no limit. */
	readonly limit: number | undefined
	readonly queue: number | undefined

	/** @param options if undefined, calls are counted but not limited. */
	constructor(options: ConcurrencyOptions | undefined) {
		this.limit = options?.limit
		this.queue = options?.queue
		if (options === undefined) return
		const { limit } = options
		const reserve = limit < minLimitWithReserve ? 0 : Math.ceil(limit / permitsPerReserved)
		this.permits = new FairPermits({ ...options, reserve })
	}

	get running(): number {
		return this.permits?.running ?? this.unlimited
	}

	get waiting(): number {
		return this.permits?.waiting ?? 0
	}

	get full(): boolean {
		return this.permits?.full ?? false
	}

	/** Whether a call would be rejected: no permit is free for it, and the queue is full of calls with no larger share. */
	refuses(priority: Priority, caller: SharePath = anonymous): boolean {
		return this.permits?.refuses(caller, priority) ?? false
	}

	/** @returns a permit, or undefined if none is free for the caller. */
	tryAcquire(caller: SharePath = anonymous): Permit | undefined {
		return this.permits === undefined ? this.count() : this.permits.tryAcquire(caller)
	}

	/**
	 * Waits for a permit.
	 *
	 * @param waits called if the call must wait; see `FairPermits.acquire`.
	 * @throws ChatError `overloaded` if the queue is full or the wait is too long, `cancelled` if `signal` aborts.
	 */
	async acquire(
		signal: AbortSignal,
		priority: Priority = 'normal',
		caller: SharePath = anonymous,
		waits?: WaitListener,
	): Promise<Permit> {
		if (this.permits === undefined) return this.count()
		const outcome = await this.permits.acquire(caller, signal, priority, waits)
		if (typeof outcome === 'string') throw refusal(outcome)
		return outcome
	}

	private count(): Permit {
		this.unlimited++
		let held = true
		return {
			release: () => {
				if (held) this.unlimited--
				held = false
			},
		}
	}
}

function refusal(reason: PermitRefusal): ChatError {
	switch (reason) {
		case 'full':
			return overloaded('upstreams.concurrency.queue', 'The model is overloaded: too many requests are queued.')
		case 'late':
			return overloaded(
				'upstreams.concurrency.queueTimeoutMs',
				'The model is overloaded: the request waited too long in the queue.',
			)
		case 'cancelled':
			return new ChatError('cancelled', 'The request was cancelled.')
		default:
			return reason satisfies never
	}
}

function overloaded(setting: BoundSetting, message: string): ChatError {
	return new ChatError('overloaded', message, { setting, retryAfterMs })
}
