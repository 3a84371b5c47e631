// When requests begin: those that arrive in one turn of the event loop begin together at its end, which is cheaper and does not delay a
// single request (decisions/030). If several callers have requests, they take turns, and only some requests begin in each turn: a burst of
// one caller does not occupy the loop for as long as all its requests take. It does not know what requests are.

import { FairQueue } from '../system/fair-queue.ts'

/** Requests that begin in one turn of the event loop if there are several callers. */
const most = 4

export class RequestStarts {
	private readonly queue = new FairQueue<() => void>()
	/** Requests of each caller that wait here or are answered. */
	private readonly requests = new Map<string, number>()
	private isScheduled = false

	/**
	 * Runs `work` at the end of this turn of the event loop, or of a later one.
	 *
	 * @param caller whose request it is, as far as that is known before it is authenticated.
	 * @param work returns when the request is answered.
	 */
	add(caller: string, work: () => Promise<unknown>): void {
		this.count(caller, 1)
		const ended = () => this.count(caller, -1)
		this.queue.add([caller, ''], () => void work().then(ended, ended))
		this.schedule()
	}

	private count(caller: string, change: 1 | -1): void {
		const requests = (this.requests.get(caller) ?? 0) + change
		if (requests === 0) this.requests.delete(caller)
		else this.requests.set(caller, requests)
	}

	private schedule(): void {
		if (this.isScheduled) return
		this.isScheduled = true
		setImmediate(this.begin)
	}

	private readonly begin = (): void => {
		this.isScheduled = false
		const isAlone = this.requests.size === 1
		for (let begun = 0; begun < most || isAlone; begun++) {
			const next = this.queue.take()
			if (next === undefined) return
			// Callers take turns at beginning, however long their requests take: one with many in flight must not wait for all others.
			this.queue.ended(next.path)
			next.item()
		}
		if (this.queue.waiting > 0) this.schedule()
	}
}
