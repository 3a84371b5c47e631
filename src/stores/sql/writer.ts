// The one writer of a process. What waits is written in one transaction, so that a thousand turns a second cost the disk a few dozen
// syncs; nobody is told before it is on disk.

import { ChatError } from '../../chat/error.ts'
import { isAway, isRace } from './reachable.ts'
import type { Sql } from './sql.ts'

export interface WriterOptions {
	/** Used by nobody else: what slips between the statements of a transaction would become part of it. Asked for before each. */
	readonly sql: () => Sql
	/** How SQL begins a transaction that will write. */
	readonly begin?: string
	/** Brings what was committed to disk, where the database does not by itself. */
	readonly flush?: () => Promise<void>
	/** Asked after each transaction; the next one waits for what it returns. */
	readonly between?: () => Promise<void> | undefined
	/** How many writes may wait. */
	readonly maxWaiting?: number
}

type Work = (sql: Sql) => Promise<unknown>

interface Waiting {
	readonly work: Work
	readonly resolve: (result: unknown) => void
	readonly reject: (thrown: unknown) => void
}

const mostAtOnce = 256
const mostAttempts = 5

export class Writer {
	private readonly options: WriterOptions
	private readonly waiting: Waiting[] = []
	private working: Promise<void> | undefined
	private beganMs: number | undefined

	constructor(options: WriterOptions) {
		this.options = options
	}

	/**
	 * Runs `work` in a transaction, together with others. Resolves once it is on disk. May be run twice, where another one failed.
	 *
	 * @throws ChatError `overloaded` where too many wait, and what `work` throws; then nothing of it is written.
	 */
	write<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
		if (this.waiting.length >= (this.options.maxWaiting ?? 10_000))
			return Promise.reject(
				new ChatError('overloaded', 'Too much waits to be written down.', {
					retryAfterMs: 1000,
					code: 'store_overloaded',
				}),
			)
		return new Promise<Result>((resolve, reject) => {
			this.waiting.push({ work, resolve: (result) => resolve(result as Result), reject })
			this.working ??= this.workThrough()
		})
	}

	/** Resolves when nothing waits. */
	async idle(): Promise<void> {
		while (this.working !== undefined) await this.working
	}

	/** How long its transaction has been running, in milliseconds; 0 where none is. */
	get busyMs(): number {
		return this.beganMs === undefined ? 0 : performance.now() - this.beganMs
	}

	private async workThrough(): Promise<void> {
		// All that is asked for in this turn of the event loop goes together.
		await new Promise((resolve) => setImmediate(resolve))
		while (this.waiting.length > 0) {
			await this.commit(this.waiting.splice(0, mostAtOnce))
			await this.options.between?.()
		}
		this.working = undefined
	}

	private async commit(group: readonly Waiting[]): Promise<void> {
		const [only] = group
		if (only !== undefined && group.length === 1) return this.commitAlone(only)
		try {
			const results: unknown[] = []
			await this.transact(async (sql) => {
				for (const { work } of group) results.push(await work(sql))
			})
			for (const [index, { resolve }] of group.entries()) resolve(results[index])
		} catch (thrown) {
			// Each for itself, since one of them failed; none where nobody is there to write to.
			if (!isAway(thrown)) for (const one of group) await this.commitAlone(one)
			else for (const { reject } of group) reject(thrown)
		}
	}

	/** Another process may have taken the same place in between: then it is looked at again. */
	private async commitAlone({ work, resolve, reject }: Waiting): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			try {
				let result: unknown
				await this.transact(async (sql) => {
					result = await work(sql)
				})
				return resolve(result)
			} catch (thrown) {
				if (attempt === mostAttempts || !isRace(thrown)) return reject(thrown)
			}
		}
	}

	private async transact(work: Work): Promise<void> {
		const { sql, begin, flush } = this.options
		this.beganMs = performance.now()
		try {
			await (begin === undefined ? sql().begin(work) : sql().begin(begin, work))
			await flush?.()
		} finally {
			this.beganMs = undefined
		}
	}
}
