// Tries something again and again until it works: at growing distances, or at once when what it needs has appeared meanwhile. It does not
// know what is tried.

import type { Clock } from '../../system/clock.ts'

export interface PersistenceOptions {
	readonly clock: Clock
	readonly signal: AbortSignal
	/** Whether what was missing is there now. Called every two seconds between tries, so it must be cheap. */
	readonly appeared: () => Promise<boolean>
	/** Called after each failure. @param repeated the try before failed for the same reason, so the log need not have it again. */
	readonly failed: (thrown: unknown, repeated: boolean) => void
}

const lookEveryMs = 2000
const firstPauseMs = 30_000
const longestPauseMs = 600_000

export class Persistence {
	private readonly options: PersistenceOptions

	constructor(options: PersistenceOptions) {
		this.options = options
	}

	/** @throws the signal's reason, nothing else; also if it was aborted during a step that succeeded. */
	async insist<Result>(step: () => Promise<Result>): Promise<Result> {
		const { clock, signal, appeared, failed } = this.options
		let last: string | undefined
		for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
			try {
				const result = await step()
				signal.throwIfAborted()
				return result
			} catch (thrown) {
				signal.throwIfAborted()
				const reason = thrown instanceof Error ? thrown.message : String(thrown)
				failed(thrown, reason === last)
				last = reason
			}
			const untilMs = clock.now() + pauseMs
			do await clock.sleep(lookEveryMs, signal)
			while (clock.now() < untilMs && !(await appeared().catch(() => false)))
		}
	}
}
