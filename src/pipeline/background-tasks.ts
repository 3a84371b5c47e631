// Background tasks that no client waits for, such as storing a turn whose client disconnected. A server that shuts down
// waits for them, and their failures are logged.

import type { ThrottledLog } from '../system/throttled-log.ts'

export class BackgroundTasks {
	private readonly running = new Set<Promise<unknown>>()
	private readonly log: ThrottledLog

	constructor(log: ThrottledLog) {
		this.log = log
	}

	/** @param what names the task in the log if it fails; a lasting failure is logged once a minute for each name. */
	add(work: Promise<unknown>, what: string): void {
		const watched: Promise<unknown> = work
			.catch((thrown: unknown) => this.log.write('error', { err: thrown }, `${what} failed`))
			.finally(() => this.running.delete(watched))
		this.running.add(watched)
	}

	/** Resolves when no task is running. Never rejects. */
	async settled(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running)
	}
}
