// Permits for work that takes a thread of its own, such as rendering a client's template: a few at a time, the others wait
// in a bounded queue, in turn by tenant and owner. It does not know the work.

import { ChatError } from '../chat/error.ts'
import { FairPermits } from '../system/fair-permits.ts'
import type { SharePath } from '../system/fair-queue.ts'

export interface ThreadLimits {
	readonly maxThreads: number
	/** Work that waits; more is refused. */
	readonly maxWaiting: number
	/** Work that waits longer is refused. */
	readonly waitMs: number
}

const defaultLimits: ThreadLimits = { maxThreads: 4, maxWaiting: 100, waitMs: 5000 }
const retryAfterMs = 1000
const never = new AbortController().signal

export class ThreadPermits {
	private readonly permits: FairPermits

	constructor({ maxThreads, maxWaiting, waitMs }: ThreadLimits = defaultLimits) {
		this.permits = new FairPermits({ limit: maxThreads, queue: maxWaiting, queueTimeoutMs: waitMs })
	}

	/** @throws ChatError `overloaded` if too much work waits, or this waited too long. */
	async run<Result>(caller: SharePath, work: () => Promise<Result>): Promise<Result> {
		const permit = await this.permits.acquire(caller, never)
		if (typeof permit === 'string')
			throw new ChatError('overloaded', 'Too many templates are being rendered. Try again later.', { retryAfterMs })
		try {
			return await work()
		} finally {
			permit.release()
		}
	}
}
