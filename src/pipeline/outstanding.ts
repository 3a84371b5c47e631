// Work that no client waits for, as the end of a turn whose client left: so that a server that closes can wait for it, and so that what
// fails there is logged.

import type { ThrottledLog } from '../system/throttled-log.ts'

export class Outstanding {
	private readonly running = new Set<Promise<unknown>>()
	private readonly log: ThrottledLog

	constructor(log: ThrottledLog) {
		this.log = log
	}

	/** @param what names the work in the log if it fails; a fault that lasts is logged once a minute for each. */
	add(work: Promise<unknown>, what: string): void {
		const watched: Promise<unknown> = work
			.catch((thrown: unknown) => this.log.write('error', { err: thrown }, `${what} failed`))
			.finally(() => this.running.delete(watched))
		this.running.add(watched)
	}

	/** Resolves when nothing is outstanding. Never rejects. */
	async settled(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running)
	}
}
