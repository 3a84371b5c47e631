// How many background responses run, in all and of each owner. The others wait in a queue that owners share fairly; they are reported as
// queued. The queue is in memory: the responses of a process that ends are interrupted, queued or not.

import { ChatError } from '../chat/error.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import { FairPermits, type Permit, type PermitRefusal, type WaitListener } from '../system/fair-permits.ts'
import type { SharePath } from '../system/fair-queue.ts'

export interface BackgroundLimits {
	/** Maximum background responses that run. */
	readonly calls: number
	/** Maximum background responses of an owner that run. */
	readonly callsPerOwner: number
	/** Maximum background responses that wait. */
	readonly queue: number
	/** Maximum wait, in milliseconds. */
	readonly queueTimeoutMs: number
}

const retryAfterMs = 1000

export class BackgroundCalls {
	private readonly permits: FairPermits
	private readonly queued = new Set<TurnId>()

	constructor({ calls, callsPerOwner, queue, queueTimeoutMs }: BackgroundLimits) {
		this.permits = new FairPermits({ limit: calls, limitPerOwner: callsPerOwner, queue, queueTimeoutMs })
	}

	/** Whether a response waits to run in this process. */
	isQueued(turn: TurnId): boolean {
		return this.queued.has(turn)
	}

	/** @throws ChatError `overloaded` if a response could not wait. */
	check(caller: SharePath): void {
		if (this.permits.refuses(caller, 'normal')) throw refusal('full')
	}

	/**
	 * Waits until a response may run.
	 *
	 * @param waits called if it must wait; see `FairPermits.acquire`.
	 * @throws ChatError `overloaded` if it was displaced or waited too long, `cancelled` if `signal` aborts.
	 */
	async begin(turn: TurnId, caller: SharePath, signal: AbortSignal, waits?: WaitListener): Promise<Permit> {
		const free = this.permits.tryAcquire(caller)
		if (free !== undefined) return free
		this.queued.add(turn)
		try {
			const outcome = await this.permits.acquire(caller, signal, 'normal', waits)
			if (typeof outcome === 'string') throw refusal(outcome)
			return outcome
		} finally {
			this.queued.delete(turn)
		}
	}
}

function refusal(reason: PermitRefusal): ChatError {
	switch (reason) {
		case 'full':
			return new ChatError('overloaded', 'Too many background responses are queued.', {
				setting: 'limits.background.queue',
				retryAfterMs,
			})
		case 'late':
			return new ChatError('overloaded', 'The background response waited too long in the queue.', {
				setting: 'limits.background.queueTimeoutMs',
				retryAfterMs,
			})
		case 'cancelled':
			return new ChatError('cancelled', 'The request was cancelled.')
		default:
			return reason satisfies never
	}
}
