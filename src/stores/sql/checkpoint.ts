// SQLite's write-ahead log goes into the database's file in a thread of its own: 16 MB take about 60 ms, for which everything that this
// process does would stand still. The log can be begun anew once all of it is in the file: so the little that was written meanwhile
// follows while the writer waits.

import { statSync } from 'node:fs'

/** The log is brought into the file once it has grown by so much, in bytes, or so many transactions came: its file never shrinks. */
const [mostGrowth, mostTransactions] = [16 * 1024 * 1024, 128]

export class Checkpoints {
	private readonly file: string
	private thread: Worker | undefined
	private running: Promise<void> | undefined
	private lengthBefore = 0
	private transactions = 0

	/** @param file the database's. */
	constructor(file: string) {
		this.file = file
	}

	/** Called between two transactions. Where it returns a promise the next one waits for that. */
	between(): Promise<void> | undefined {
		if (this.running !== undefined) return undefined
		if (this.thread !== undefined) return this.finish()
		this.transactions++
		if (this.transactions > mostTransactions || this.length - this.lengthBefore > mostGrowth) void this.begin()
		return undefined
	}

	/** Resolves when none runs, and none will before something else is written. */
	async end(): Promise<void> {
		await this.running
		this.thread?.terminate()
		this.thread = undefined
	}

	private get length(): number {
		return statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0
	}

	private begin(): Promise<void> {
		this.thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url))
		// It keeps no process alive.
		this.thread.unref()
		return this.run(this.thread)
	}

	private async finish(): Promise<void> {
		if (this.thread !== undefined) await this.run(this.thread)
		await this.end()
		this.lengthBefore = this.length
		this.transactions = 0
	}

	/** Never rejects: where it fails the log only grows, until the connection that writes does the same by itself. */
	private run(thread: Worker): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>()
		thread.onmessage = () => resolve()
		thread.onerror = () => resolve()
		thread.postMessage(this.file)
		this.running = promise.finally(() => {
			this.running = undefined
		})
		return this.running
	}
}
