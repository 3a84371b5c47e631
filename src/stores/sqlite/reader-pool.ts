// Connections for reads outside of transactions. One serves nearly all reads; further ones are opened while statements
// run for long, so that short reads need not wait for them.

import type { Row, Sql } from '../sql/sql.ts'
import { type StatementRunner, sqliteSql } from './sqlite-sql.ts'
import { type SqliteThread, UnavailableError } from './sqlite-thread.ts'
import type { Statement } from './statement.ts'

export interface ReaderPoolOptions {
	readonly open: () => Promise<SqliteThread>
	readonly maxThreads: number
	/** Maximum number of slow statements that run at the same time; less than `maxThreads`. */
	readonly maxSlow: number
	/** How long a statement waits before a further thread is opened, in milliseconds. */
	readonly growAfterMs: number
	/** How long a statement may wait for a thread, in milliseconds. */
	readonly timeoutMs: number
}

interface WaitingRead {
	readonly statement: Statement
	readonly answer: PromiseWithResolvers<readonly Row[]>
	readonly sinceMs: number
}

/** Statements that a thread runs without an answer in between. */
const mostTogether = 16

export class ReaderPool {
	/** `begin` opens a connection for the transaction. */
	readonly sql: Sql
	/** For statements that may take long. */
	readonly slowSql: Sql
	private readonly options: ReaderPoolOptions
	private readonly threads = new Set<SqliteThread>()
	private readonly idle: SqliteThread[] = []
	private readonly quick: WaitingRead[] = []
	private readonly slow: WaitingRead[] = []
	private runningSlow = 0
	private opening: Promise<void> | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private closed = false

	/** @param first an open connection, if there is one. */
	constructor(options: ReaderPoolOptions, first: SqliteThread | undefined) {
		this.options = options
		this.sql = sqliteSql(this.runner(this.quick))
		this.slowSql = sqliteSql(this.runner(this.slow))
		if (first !== undefined) this.add(first)
	}

	/** Ends the threads. Waiting statements reject. */
	async close(): Promise<void> {
		this.closed = true
		clearTimeout(this.timer)
		this.rejectWaiting(closedError())
		await this.opening
		await Promise.all(Array.from(this.threads, (thread) => thread.close()))
	}

	private runner(queue: WaitingRead[]): StatementRunner {
		return {
			run: (statement) => {
				if (this.closed) return Promise.reject(closedError())
				const answer = Promise.withResolvers<readonly Row[]>()
				queue.push({ statement, answer, sinceMs: performance.now() })
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
		return this.quick[0]?.sinceMs ?? (this.runningSlow < this.options.maxSlow ? this.slow[0]?.sinceMs : undefined)
	}

	private async serve(thread: SqliteThread): Promise<void> {
		if (this.quick.length > 0) await this.run(thread, this.quick.splice(0, mostTogether))
		else {
			this.runningSlow++
			await this.run(thread, this.slow.splice(0, 1))
			this.runningSlow--
		}
		this.idle.push(thread)
		this.dispatch()
	}

	/** Never rejects. */
	private async run(thread: SqliteThread, reads: readonly WaitingRead[]): Promise<void> {
		const untilMs = performance.now() - this.options.timeoutMs
		await Promise.all(
			reads.map(({ statement, answer, sinceMs }) => {
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
		for (const { answer } of [...this.quick.splice(0), ...this.slow.splice(0)]) answer.reject(reason)
	}
}

function closedError(): UnavailableError {
	return new UnavailableError('the connection to the database is closed')
}
