// When requests begin: those that arrive in one turn of the event loop begin together at its end, which is cheaper and does not delay a
// single request (decisions/030). If several callers have requests, they take turns, and only some requests begin in each turn: a burst of
// one caller does not occupy the loop for as long as all its requests take. It does not know what requests are.

import { FairQueue } from '../system/fair-queue.ts'

/** Requests that begin in one turn of the event loop if there are several callers. */
const most = 4

export class RequestStarts {
	private readonly queue = new FairQueue<() => Promise<unknown>>()
	private isScheduled = false

	/**
	 * Runs `work` at the end of this turn of the event loop, or of a later one.
	 *
	 * @param caller whose request it is, as far as that is known before it is authenticated.
	 */
	add(caller: string, work: () => Promise<unknown>): void {
		this.queue.add([caller, ''], work)
		this.schedule()
	}

	private schedule(): void {
		if (this.isScheduled) return
		this.isScheduled = true
		setImmediate(this.begin)
	}

	private readonly begin = (): void => {
		this.isScheduled = false
		for (let begun = 0; begun < most || this.queue.tenants === 1; begun++) {
			const next = this.queue.take()
			if (next === undefined) return
			const ended = () => this.queue.ended(next.path)
			void next.item().then(ended, ended)
		}
		if (this.queue.waiting > 0) this.schedule()
	}
}
