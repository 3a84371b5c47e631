// Connections for reads outside of transactions. One serves nearly all reads; further ones are opened while statements
// run for long, such as a search, so that short reads need not wait for them.

import type { Row, Sql } from '../sql/sql.ts'
import { type StatementRunner, sqliteSql } from './sqlite-sql.ts'
import { type SqliteThread, UnavailableError } from './sqlite-thread.ts'
import type { Statement } from './statement.ts'

export interface ReaderPoolOptions {
	readonly open: () => Promise<SqliteThread>
	readonly maxThreads: number
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

export class ReaderPool implements StatementRunner {
	/** `begin` opens a connection for the transaction. `close` ends the threads. */
	readonly sql: Sql
	private readonly options: ReaderPoolOptions
	private readonly threads = new Set<SqliteThread>()
	private readonly idle: SqliteThread[] = []
	private readonly waiting: WaitingRead[] = []
	private opening: Promise<void> | undefined
	private timer: ReturnType<typeof setTimeout> | undefined
	private closed = false

	/** @param first an open connection, if there is one. */
	constructor(options: ReaderPoolOptions, first: SqliteThread | undefined) {
		this.options = options
		this.sql = sqliteSql(this)
		if (first !== undefined) this.add(first)
	}

	/** @throws UnavailableError if no thread was free in time. */
	run(statement: Statement): Promise<readonly Row[]> {
		if (this.closed) return Promise.reject(new UnavailableError('the connection to the database is closed'))
		const answer = Promise.withResolvers<readonly Row[]>()
		this.waiting.push({ statement, answer, sinceMs: performance.now() })
		this.dispatch()
		return answer.promise
	}

	async begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result> {
		const thread = await this.options.open()
		try {
			return await thread.begin(mode, work)
		} finally {
			await thread.close()
		}
	}

	async close(): Promise<void> {
		this.closed = true
		clearTimeout(this.timer)
		this.rejectWaiting(new UnavailableError('the connection to the database is closed'))
		await this.opening
		await Promise.all(Array.from(this.threads, (thread) => thread.close()))
	}

	private add(thread: SqliteThread): void {
		this.threads.add(thread)
		this.idle.push(thread)
	}

	private dispatch(): void {
		while (this.waiting.length > 0) {
			const thread = this.idle.pop()
			if (thread === undefined) {
				this.grow()
				return
			}
			if (thread.ended) this.threads.delete(thread)
			else void this.serve(thread)
		}
	}

	/** Runs the oldest statement that has not timed out. */
	private async serve(thread: SqliteThread): Promise<void> {
		const read = this.waiting.shift()
		if (read !== undefined) {
			const { statement, answer, sinceMs } = read
			if (performance.now() - sinceMs > this.options.timeoutMs)
				answer.reject(new UnavailableError('the database is busy with other reads'))
			else await thread.run(statement).then(answer.resolve, answer.reject)
		}
		this.idle.push(thread)
		this.dispatch()
	}

	/** Opens a further thread: immediately if there is none, otherwise if statements still wait a moment later. */
	private grow(): void {
		const { maxThreads, growAfterMs } = this.options
		if (this.opening !== undefined || this.timer !== undefined || this.threads.size >= maxThreads) return
		if (this.threads.size === 0) this.opening = this.open()
		else
			this.timer = setTimeout(() => {
				this.timer = undefined
				const [oldest] = this.waiting
				if (oldest === undefined || this.closed) return
				if (performance.now() - oldest.sinceMs < growAfterMs) this.grow()
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
		for (const { answer } of this.waiting.splice(0)) answer.reject(reason)
	}
}
