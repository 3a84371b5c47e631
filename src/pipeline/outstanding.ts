// Work that no client waits for, as the end of a turn whose client left: so that a server that closes can wait for it, and so that what
// fails there is not lost without a word.

import type { Log } from '../telemetry/log.ts'

export class Outstanding {
	private readonly running = new Set<Promise<unknown>>()
	private readonly log: Log

	constructor(log: Log) {
		this.log = log
	}

	/** @param what said in the log where it fails. */
	add(work: Promise<unknown>, what: string): void {
		const watched: Promise<unknown> = work
			.catch((thrown: unknown) => this.log.error({ err: thrown }, `${what} failed`))
			.finally(() => this.running.delete(watched))
		this.running.add(watched)
	}

	/** Resolves when nothing is outstanding. Never rejects. */
	async settled(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running)
	}
}
