// SQLite's write-ahead log goes into the database's file in a thread of its own: 16 MB take about 60 ms, for which everything that this
// process does would stand still. The log can be begun anew once all of it is in the file: so the little that was written meanwhile
// follows while the writer waits.

/** The log is brought into the file once it has grown by so much, in bytes, or so many transactions came: its file never shrinks. */
const [mostGrowth, mostTransactions] = [16 * 1024 * 1024, 128]

export class Checkpoints {
	private readonly file: string
	private readonly logLength: () => number
	private thread: Worker | undefined
	private running: Promise<void> | undefined
	private lengthBefore = 0
	private transactions = 0

	/**
	 * @param file the database's.
	 * @param logLength how long its write-ahead log is, in bytes; asked after each transaction.
	 */
	constructor(file: string, logLength: () => number) {
		this.file = file
		this.logLength = logLength
	}

	/** Called between two transactions. Where it returns a promise the next one waits for that. */
	between(): Promise<void> | undefined {
		if (this.running !== undefined) return undefined
		if (this.thread !== undefined) return this.finish(this.thread)
		this.transactions++
		if (this.transactions > mostTransactions || this.logLength() - this.lengthBefore > mostGrowth) this.begin()
		return undefined
	}

	/** Resolves when none runs, and none will before something else is written. */
	async end(): Promise<void> {
		await this.running
		this.dismiss()
	}

	private begin(): void {
		this.thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url))
		// It keeps no process alive.
		this.thread.unref()
		void this.run(this.thread)
	}

	private async finish(thread: Worker): Promise<void> {
		await this.run(thread)
		this.dismiss()
	}

	/** The next one is as far away as after a beginning. */
	private dismiss(): void {
		this.thread?.terminate()
		this.thread = undefined
		this.lengthBefore = this.logLength()
		this.transactions = 0
	}

	/** Never rejects: where it fails the log only grows, until the connection that writes does the same by itself. */
	private run(thread: Worker): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>()
		thread.onmessage = () => resolve()
		thread.onerror = () => {
			// It has ended, and would answer nothing any more.
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
