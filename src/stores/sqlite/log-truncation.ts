// Truncates SQLite's write-ahead log, so that it does not contain deleted content. A reader of an old snapshot prevents
// that, so it is retried.

/** The delay before the first retry and the longest one, in milliseconds. */
const [firstDelayMs, longestDelayMs] = [250, 30_000]

export class LogTruncation {
	private readonly truncate: () => Promise<boolean>
	private running: Promise<void> | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private closed = false

	/**
	 * @param truncate returns false if the log cannot be truncated at the moment. No transaction may commit between its
	 * start and its end.
	 */
	constructor(truncate: () => Promise<boolean>) {
		this.truncate = truncate
	}

	/** Resolves after the first attempt, and retries in the background if it failed. Never rejects. */
	request(): Promise<void> {
		this.running ??= this.attempt(firstDelayMs).finally(() => {
			this.running = undefined
		})
		return this.running
	}

	/** Ends the retries. */
	close(): void {
		this.closed = true
		clearTimeout(this.timer)
	}

	private async attempt(delayMs: number): Promise<void> {
		clearTimeout(this.timer)
		if (await this.truncate().catch(() => false)) return
		if (this.closed) return
		this.timer = setTimeout(() => void this.attempt(Math.min(delayMs * 2, longestDelayMs)), delayMs)
		// Retries must not keep the process alive.
		this.timer.unref()
	}
}
