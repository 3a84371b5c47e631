// When requests begin: those that arrive in one turn of the event loop begin together at its end, which is cheaper and does not delay a
// single request (decisions/030). If several callers have requests, they take turns, and only some requests begin in each turn: a burst of
// one caller does not occupy the loop for as long as all its requests take. It does not know what requests are.

/** Requests that begin in one turn of the event loop if there are several callers. */
const most = 4

export class RequestStarts {
	/** The requests of each caller that has some, the caller whose turn it is first. */
	private readonly waiting = new Map<string, (() => void)[]>()
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
		const begin = () => void work().then(ended, ended)
		const others = this.waiting.get(caller)
		if (others === undefined) this.waiting.set(caller, [begin])
		else others.push(begin)
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
		if (this.requests.size === 1) this.beginAll()
		else for (let begun = 0; begun < most; begun++) this.beginNext()
		if (this.waiting.size > 0) this.schedule()
	}

	private beginAll(): void {
		for (const [caller, works] of this.waiting) {
			this.waiting.delete(caller)
			for (const work of works) work()
		}
	}

	/** Callers take turns at beginning, however long their requests take: one with many in flight must not wait for all others. */
	private beginNext(): void {
		for (const [caller, works] of this.waiting) {
			this.waiting.delete(caller)
			const work = works.shift()
			if (works.length > 0) this.waiting.set(caller, works)
			work?.()
			return
		}
	}
}
