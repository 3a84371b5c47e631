// The single writer of a process. Pending writes share one transaction, so that a thousand turns per second need a few
// dozen syncs of the disk. A write is acknowledged only after it is on disk.

import { anonymous, type FairEntry, FairQueue } from '../../system/fair-queue.ts'
import { storeOverloaded, timeoutMs, unavailable } from './database-failure.ts'
import { LastStatements, type Sql } from './sql.ts'
import type { DatabaseFailure } from './sql-database.ts'
import type { WriteShare } from './write-share.ts'

export interface WriterOptions {
	/**
	 * Connection for exclusive use: statements of others would become part of the transaction. Called before each
	 * transaction. A transaction that was committed is on disk.
	 */
	readonly sql: () => Sql | Promise<Sql>
	/** See `SqlDatabase`. */
	readonly explain: (thrown: unknown) => DatabaseFailure | undefined
	/** The mode of BEGIN for a transaction that writes. */
	readonly begin?: string
	/** Whether `begin` sends the commit after the last statements without waiting for them, and fails if one of them does. */
	readonly commitsWithLast?: boolean
	/** Maximum number of pending writes; 10,000 if absent. */
	readonly maxWaiting?: number
}

const smallShare: WriteShare = { caller: anonymous, rows: 1 }

type Transaction = (sql: Sql) => Promise<unknown>

interface Waiting {
	readonly work: Transaction
	readonly key: string | undefined
	readonly rows: number
	readonly sinceMs: number
	readonly resolve: (result: unknown) => void
	readonly reject: (thrown: unknown) => void
}

const maxGroupSize = 256
/** No further write joins a transaction of this many rows, so that the next one soon begins. */
const maxGroupRows = 1024
/** A write of more rows has a transaction of its own. */
const manyRows = 100
const maxAttempts = 5

export class Writer {
	private readonly options: WriterOptions
	private readonly waiting = new FairQueue<Waiting>()
	/** A write that is the next transaction, alone. */
	private single: FairEntry<Waiting> | undefined
	private readonly waitingBetween: (() => Promise<void>)[] = []
	private working: Promise<void> | undefined
	private beganMs: number | undefined

	constructor(options: WriterOptions) {
		this.options = options
	}

	/**
	 * Runs `work` in a transaction that it may share with other writes. Resolves once it is on disk. `work` runs again if
	 * the shared transaction fails.
	 *
	 * @throws ChatError `overloaded` if too many writes are pending, `unavailable` if it could not begin in time, and any
	 * error of `work`; then none of its changes are written.
	 * @param key see `SqlDatabase`.
	 * @param share of the caller with the most pending writes the newest is refused if too many are pending.
	 */
	write<Result>(
		work: (sql: Sql) => Promise<Result | LastStatements<Result>>,
		key?: string,
		{ caller, rows }: WriteShare = smallShare,
	): Promise<Result> {
		if (this.waiting.waiting >= (this.options.maxWaiting ?? 10_000)) {
			const displaced = this.waiting.heaviest(caller)
			if (displaced === undefined) return Promise.reject(storeOverloaded('writes'))
			this.waiting.remove(displaced)
			displaced.item.reject(storeOverloaded('writes'))
		}
		return new Promise<Result>((resolve, reject) => {
			const sinceMs = performance.now()
			this.waiting.add(caller, { work, key, rows, sinceMs, resolve: (result) => resolve(result as Result), reject })
			this.working ??= this.workThrough()
		})
	}

	/** Runs `work` when no transaction runs; none begins until it resolves. It may use the connection. */
	between<Result>(work: () => Promise<Result>): Promise<Result> {
		const { promise, resolve, reject } = Promise.withResolvers<Result>()
		this.waitingBetween.push(() => work().then(resolve, reject))
		this.working ??= this.workThrough()
		return promise
	}

	/** Resolves when no write is pending. */
	async idle(): Promise<void> {
		while (this.working !== undefined) await this.working
	}

	/** Duration of the running transaction in milliseconds; 0 if there is none. */
	get busyMs(): number {
		return this.beganMs === undefined ? 0 : performance.now() - this.beganMs
	}

	private async workThrough(): Promise<void> {
		// Writes of the same event-loop tick share one transaction.
		await new Promise((resolve) => setImmediate(resolve))
		while (this.waiting.waiting + this.waitingBetween.length > 0 || this.single !== undefined) {
			for (const work of this.waitingBetween.splice(0)) await work()
			const group = this.takeGroup()
			if (group.length > 0) await this.commit(group.map(({ item }) => item))
			for (const { path } of group) this.waiting.ended(path)
		}
		this.working = undefined
	}

	/** The writes of the next transaction, of callers in turn. */
	private takeGroup(): readonly FairEntry<Waiting>[] {
		const { single } = this
		this.single = undefined
		if (single !== undefined && this.isNext(single)) return [single]
		const group: FairEntry<Waiting>[] = []
		let rows = 0
		while (group.length < maxGroupSize && rows < maxGroupRows) {
			const next = this.waiting.take()
			if (next === undefined) break
			if (!this.isNext(next)) continue
			if (this.isSingle(next.item)) {
				if (group.length === 0) return [next]
				this.single = next
				break
			}
			group.push(next)
			rows += next.item.rows
		}
		return group
	}

	/**
	 * Whether a write has a transaction of its own: if it is large, or if the statements of others, who would wait, cannot
	 * alternate with its own.
	 */
	private isSingle({ rows, key }: Waiting): boolean {
		return rows > manyRows || (key === undefined && this.waiting.tenants > 1)
	}

	/** Whether a write that was taken is in time. */
	private isNext({ item, path }: FairEntry<Waiting>): boolean {
		if (isInTime(item)) return true
		this.waiting.ended(path)
		return false
	}

	private async commit(group: readonly Waiting[]): Promise<void> {
		const [only] = group
		if (only !== undefined && group.length === 1) return this.commitAlone(only)
		try {
			const results: unknown[] = []
			await this.transact(async (sql) => {
				while (results.length < group.length) {
					const next = group.slice(results.length, alternatingEnd(group, results.length))
					results.push(...(await this.runAlternating(sql, next)))
				}
				return results
			})
			for (const [index, { resolve }] of group.entries()) resolve(resultOf(results[index]))
		} catch (thrown) {
			// One of them failed, so each is retried alone, unless the database is unavailable.
			if (this.isUnavailable(thrown)) for (const { reject } of group) reject(thrown)
			else for (const one of group) await this.commitAlone(one)
		}
	}

	/** Retries conflicts with concurrent writes of other processes. */
	private async commitAlone({ work, resolve, reject }: Waiting): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			try {
				let result: unknown
				await this.transact(async (sql) => {
					result = await work(sql)
					return [result]
				})
				return resolve(resultOf(result))
			} catch (thrown) {
				if (attempt === maxAttempts || !this.isConflict(thrown)) return reject(thrown)
			}
		}
	}

	private isUnavailable(thrown: unknown): boolean {
		const failure = this.options.explain(thrown)
		return failure === 'unavailable' || failure === 'session-lost'
	}

	private isConflict(thrown: unknown): boolean {
		const failure = this.options.explain(thrown)
		return failure === 'duplicate' || failure === 'contention'
	}

	private runAlternating(sql: Sql, group: readonly Waiting[]): Promise<readonly unknown[]> {
		return this.allOf(group.map(({ work }) => work(sql)))
	}

	/** Waits for all of them, also after a failure, since their statements must not run in the next transaction. */
	private async allOf(running: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
		const ends = await Promise.allSettled(running)
		const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
		// The failure of one may cause those of others.
		if (failures.length > 0) throw failures.find((thrown) => this.options.explain(thrown) !== undefined) ?? failures[0]
		return ends.map((end) => (end.status === 'fulfilled' ? end.value : undefined))
	}

	/** @param run returns the results of its works. */
	private async transact(run: (sql: Sql) => Promise<readonly unknown[]>): Promise<void> {
		const { begin, commitsWithLast = false } = this.options
		const work = async (sql: Sql) => {
			const last = (await run(sql)).flatMap((result) => (result instanceof LastStatements ? result.statements : []))
			if (!commitsWithLast) await this.allOf(last)
			return new LastStatements(undefined, last)
		}
		this.beganMs = performance.now()
		try {
			const sql = await this.options.sql()
			await (begin === undefined ? sql.begin(work) : sql.begin(begin, work))
		} finally {
			this.beganMs = undefined
		}
	}
}

function resultOf(result: unknown): unknown {
	return result instanceof LastStatements ? result.result : result
}

/** Rejects a write whose caller has stopped waiting. */
function isInTime({ sinceMs, reject }: Waiting): boolean {
	if (performance.now() - sinceMs <= timeoutMs) return true
	reject(unavailable(new Error(`the writes before it did not end within ${timeoutMs} ms`)))
	return false
}

/** The end of the works from `start` on whose statements may alternate: those with different keys, or one without. */
function alternatingEnd(group: readonly Waiting[], start: number): number {
	const keys = new Set<string>()
	for (let index = start; index < group.length; index++) {
		const key = group[index]?.key
		if (key === undefined || keys.has(key)) return Math.max(index, start + 1)
		keys.add(key)
	}
	return group.length
}
