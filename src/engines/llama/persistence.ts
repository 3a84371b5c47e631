// Retries a step until it succeeds: with growing pauses, or immediately once a missing dependency has appeared. It does
// not know the step.

import type { Clock } from '../../system/clock.ts'

export interface PersistenceOptions {
	readonly clock: Clock
	readonly signal: AbortSignal
	/** Whether the missing dependency is present now. Called every two seconds between attempts, so it must be cheap. */
	readonly appeared: () => Promise<boolean>
	/**
	 * Called after each failure.
	 * @param repeated whether the previous attempt failed for the same reason, so that the log can omit it.
	 */
	readonly failed: (thrown: unknown, repeated: boolean) => void
}

const pollMs = 2000
const firstPauseMs = 30_000
const longestPauseMs = 600_000

export class Persistence {
	private readonly options: PersistenceOptions

	constructor(options: PersistenceOptions) {
		this.options = options
	}

	/** @throws only the signal's reason; also if it was aborted during a step that succeeded. */
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
			const untilMs = clock.monotonicMs() + pauseMs
			do await clock.sleep(pollMs, signal)
			while (clock.monotonicMs() < untilMs && !(await appeared().catch(() => false)))
		}
	}
}
