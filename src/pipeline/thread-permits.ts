// Permits for work that takes a thread of its own, such as rendering a client's template: a few at a time, the others wait
// in a bounded queue, in turn by project and owner. It does not know the work.

import { ChatError } from '../chat/error.ts'
import { FairQueue, type QueueCaller } from '../system/fair-queue.ts'

export interface ThreadLimits {
	readonly maxThreads: number
	/** Work that waits; more is refused. */
	readonly maxWaiting: number
	/** Work that waits longer is refused. */
	readonly waitMs: number
}

const defaultLimits: ThreadLimits = { maxThreads: 4, maxWaiting: 100, waitMs: 5000 }
const retryAfterMs = 1000

interface WaitingWork {
	begin(): void
	over: boolean
}

export class ThreadPermits {
	private readonly limits: ThreadLimits
	private readonly waiting: FairQueue<WaitingWork>
	private running = 0

	constructor(limits: ThreadLimits = defaultLimits) {
		this.limits = limits
		this.waiting = new FairQueue(limits.maxWaiting)
	}

	/** @throws ChatError `overloaded` if too much work waits, or this waited too long. */
	async run<Result>(caller: QueueCaller | undefined, work: () => Promise<Result>): Promise<Result> {
		// A permit that becomes free is passed to the next in the queue, so that no newcomer takes it.
		if (this.running >= this.limits.maxThreads) await this.wait(caller)
		else this.running++
		try {
			return await work()
		} finally {
			this.release()
		}
	}

	private wait(caller: QueueCaller | undefined): Promise<void> {
		const { promise, resolve, reject } = Promise.withResolvers<void>()
		const entry: WaitingWork = {
			over: false,
			begin() {
				clearTimeout(timer)
				resolve()
			},
		}
		const timer = setTimeout(() => {
			entry.over = true
			reject(overloaded())
		}, this.limits.waitMs)
		if (!this.waiting.add(entry, caller)) {
			clearTimeout(timer)
			reject(overloaded())
		}
		return promise
	}

	private release(): void {
		for (let entry = this.waiting.take(); entry !== undefined; entry = this.waiting.take()) {
			if (entry.over) continue
			entry.begin()
			return
		}
		this.running--
	}
}

function overloaded(): ChatError {
	return new ChatError('overloaded', 'Too many templates are being rendered. Try again later.', { retryAfterMs })
}
