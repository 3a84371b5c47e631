// Checkpoints of SQLite's write-ahead log run in a separate thread: 16 MB take about 60 ms, which would block this
// process's event loop. SQLite restarts the log only after a complete checkpoint. Therefore a second, short checkpoint
// follows while the writer waits, and covers what was written during the first one.

/**
 * A checkpoint starts after this growth of the log, in bytes, or this many transactions: the log's file never shrinks,
 * so its length alone does not suffice.
 */
const [mostGrowth, mostTransactions] = [16 * 1024 * 1024, 128]

export class Checkpoints {
	private readonly file: string
	private readonly logLength: () => number
	private thread: Worker | undefined
	private running: Promise<void> | undefined
	private lengthBefore = 0
	private transactions = 0

	/**
	 * @param file the database file.
	 * @param logLength returns the length of its write-ahead log in bytes. Called after each transaction.
	 */
	constructor(file: string, logLength: () => number) {
		this.file = file
		this.logLength = logLength
	}

	/** To be called between transactions. If it returns a promise, the next transaction must wait for it. */
	between(): Promise<void> | undefined {
		if (this.running !== undefined) return undefined
		if (this.thread !== undefined) return this.finish(this.thread)
		this.transactions++
		if (this.transactions > mostTransactions || this.logLength() - this.lengthBefore > mostGrowth) this.begin()
		return undefined
	}

	/** Resolves when no checkpoint runs; none starts before the next transaction. */
	async end(): Promise<void> {
		await this.running
		this.dismiss()
	}

	private begin(): void {
		this.thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url))
		// The thread must not keep the process alive.
		this.thread.unref()
		void this.run(this.thread)
	}

	private async finish(thread: Worker): Promise<void> {
		await this.run(thread)
		this.dismiss()
	}

	/** Terminates the thread and restarts the counters for the next checkpoint. */
	private dismiss(): void {
		this.thread?.terminate()
		this.thread = undefined
		this.lengthBefore = this.logLength()
		this.transactions = 0
	}

	/** Never rejects: after a failure the log grows until the writing connection runs its own checkpoint. */
	private run(thread: Worker): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>()
		thread.onmessage = () => resolve()
		thread.onerror = () => {
			// The thread has ended and would not respond to further messages.
			this.dismiss()
			resolve()
		}
		thread.postMessage(this.file)
		this.running = promise.finally(() => {
			this.running = undefined
		})
		return this.running
	}
}
