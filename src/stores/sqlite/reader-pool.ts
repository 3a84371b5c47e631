// Connections for reads outside of transactions. One serves nearly all reads; further ones are opened while statements
// run for long, so that short reads need not wait for them. Callers take turns: decisions/044.

import { anonymous, type FairEntry, type SharePath } from '../../system/fair-queue.ts'
import { storeOverloaded } from '../sql/database-failure.ts'
import type { Row } from '../sql/sql.ts'
import type { Reads } from '../sql/sql-database.ts'
import { ReadQueue, type WaitingRead } from './read-queue.ts'
import { type StatementRunner, sqliteSql } from './sqlite-sql.ts'
import { type SqliteThread, UnavailableError } from './sqlite-thread.ts'

export interface ReaderPoolOptions {
	readonly open: () => Promise<SqliteThread>
	readonly maxThreads: number
	/** Maximum number of slow statements that run at the same time; less than `maxThreads`. */
	readonly maxSlow: number
	/** How long a statement waits before a further thread is opened, in milliseconds. */
	readonly growAfterMs: number
	/** How long a statement may wait for a thread, in milliseconds. */
	readonly timeoutMs: number
	/** Maximum number of waiting statements, of the quick and of the slow ones; 10,000 if absent. */
	readonly maxWaiting?: number | undefined
}

/** Statements that a thread runs without an answer in between, at most. */
const mostTogether = 16
/** A thread that works longer than this without an answer gets fewer statements, in milliseconds. */
const longMs = 4

export class ReaderPool {
	/** The statements of no caller. */
	readonly anonymous: Reads
	private readonly options: ReaderPoolOptions
	private readonly threads = new Set<SqliteThread>()
	private readonly idle: SqliteThread[] = []
	private readonly quick: ReadQueue
	private readonly slow: ReadQueue
	private runningSlow = 0
	/** How many quick statements the next thread gets. */
	private together = 1
	private wasSlow = false
	private opening: Promise<void> | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private closed = false

	/** @param first an open connection, if there is one. */
	constructor(options: ReaderPoolOptions, first: SqliteThread | undefined) {
		this.options = options
		const { maxWaiting = 10_000 } = options
		this.quick = new ReadQueue(maxWaiting)
		this.slow = new ReadQueue(maxWaiting)
		this.anonymous = this.of(anonymous)
		if (first !== undefined) this.add(first)
	}

	/** The statements of a caller. `begin` opens a connection for the transaction. */
	of(caller: SharePath): Reads {
		const slowSql = sqliteSql(this.runner(this.slow, caller))
		return {
			sql: sqliteSql(this.runner(this.quick, caller)),
			slowSql,
			// SQLite cannot stop a statement of another thread.
			search: (_, work) => work(slowSql),
		}
	}

	/** Ends the threads. Waiting statements reject. */
	async close(): Promise<void> {
		this.closed = true
		clearTimeout(this.timer)
		this.rejectWaiting(closedError())
		await this.opening
		await Promise.all(Array.from(this.threads, (thread) => thread.close()))
	}

	private runner(queue: ReadQueue, caller: SharePath): StatementRunner {
		return {
			run: (statement) => {
				if (this.closed) return Promise.reject(closedError())
				const answer = Promise.withResolvers<readonly Row[]>()
				queue.add(caller, { statement, answer, sinceMs: performance.now() }, () => storeOverloaded('reads'))
				this.dispatch()
				return answer.promise
			},
			begin: async (mode, work) => {
				const thread = await this.options.open()
				try {
					return await thread.begin(mode, work)
				} finally {
					await thread.close()
				}
			},
			close: () => this.close(),
		}
	}

	private add(thread: SqliteThread): void {
		this.threads.add(thread)
		this.idle.push(thread)
	}

	private dispatch(): void {
		while (this.oldestMs() !== undefined) {
			const thread = this.idle.pop()
			if (thread === undefined) {
				this.grow()
				return
			}
			if (thread.ended) this.threads.delete(thread)
			else void this.serve(thread)
		}
	}

	/** Since when the oldest statement waits that may run now. */
	private oldestMs(): number | undefined {
		const quickMs = this.quick.oldestMs
		const slowMs = this.maySlow ? this.slow.oldestMs : undefined
		return quickMs === undefined || slowMs === undefined ? (quickMs ?? slowMs) : Math.min(quickMs, slowMs)
	}

	private get maySlow(): boolean {
		return this.runningSlow < this.options.maxSlow
	}

	/** Quick and slow statements take turns, so that neither callers of the one nor of the other have to wait for all. */
	private async serve(thread: SqliteThread): Promise<void> {
		const slow = this.maySlow && !(this.wasSlow && this.quick.oldestMs !== undefined) ? this.slow.take(1) : []
		this.wasSlow = slow.length > 0
		if (this.wasSlow) {
			this.runningSlow++
			await this.run(thread, slow)
			this.runningSlow--
			this.slow.ended(slow)
		} else {
			const quick = this.quick.take(this.together)
			const { workedMs } = thread
			await this.run(thread, quick)
			const isLong = thread.workedMs - workedMs > longMs
			this.together = isLong ? Math.max(1, this.together >> 1) : Math.min(mostTogether, this.together * 2)
			this.quick.ended(quick)
		}
		this.idle.push(thread)
		this.dispatch()
	}

	/** Never rejects. */
	private async run(thread: SqliteThread, reads: readonly FairEntry<WaitingRead>[]): Promise<void> {
		const untilMs = performance.now() - this.options.timeoutMs
		await Promise.all(
			reads.map(({ item: { statement, answer, sinceMs } }) => {
				if (sinceMs >= untilMs) return thread.run(statement).then(answer.resolve, answer.reject)
				answer.reject(new UnavailableError('the database is busy with other reads'))
				return undefined
			}),
		)
	}

	/** Opens a further thread: immediately if there is none, otherwise if statements still wait a moment later. */
	private grow(): void {
		const { maxThreads, growAfterMs } = this.options
		if (this.opening !== undefined || this.timer !== undefined || this.threads.size >= maxThreads) return
		if (this.threads.size === 0) {
			this.opening = this.open()
			return
		}
		this.timer = setTimeout(() => {
			this.timer = undefined
			const oldestMs = this.oldestMs()
			if (oldestMs === undefined || this.closed) return
			if (performance.now() - oldestMs < growAfterMs) this.grow()
			else this.opening ??= this.open()
		}, growAfterMs)
	}

	/** Never rejects. */
	private async open(): Promise<void> {
		try {
			this.add(await this.options.open())
		} catch (thrown) {
			// Otherwise the other threads serve them.
			if (this.threads.size === 0) this.rejectWaiting(thrown)
		} finally {
			this.opening = undefined
		}
		if (!this.closed) this.dispatch()
	}

	private rejectWaiting(reason: unknown): void {
		for (const queue of [this.quick, this.slow]) queue.reject(reason)
	}
}

function closedError(): UnavailableError {
	return new UnavailableError('the connection to the database is closed')
}
