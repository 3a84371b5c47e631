// A connection to a SQLite file in a worker thread. SQLite waits synchronously for locks, disks and long statements;
// here it blocks only its own thread.

import { LastStatements, type Row, type Sql } from '../sql/sql.ts'
import type { ThreadCall, ThreadFailure, ThreadRequest, ThreadResponse } from './database-thread.ts'
import { describeFullDisk } from './full-disk.ts'
import { type StatementRunner, sqliteSql } from './sqlite-sql.ts'
import type { Statement } from './statement.ts'

/** No thread could run the statement, or the thread ended, so that the result is unknown. */
export class UnavailableError extends Error {
	override readonly name = 'UnavailableError'
}

/** How long closing waits for a statement that runs, in milliseconds. */
const closeTimeoutMs = 5000

export class SqliteThread implements StatementRunner {
	/** Its statements run in the order in which they are called. `close` ends the thread. */
	readonly sql: Sql
	private readonly worker: Worker
	private readonly pending = new Map<number, PromiseWithResolvers<readonly Row[]>>()
	private readonly outbox: ThreadRequest[] = []
	private lastId = 0
	private worked = 0
	private end: string | undefined

	private constructor() {
		this.sql = sqliteSql(this)
		this.worker = new Worker(new URL('./database-thread.ts', import.meta.url))
		this.worker.unref()
		// Callers resume in the microtasks of the handler, without another turn of the event loop. Until those end, Bun
		// delivers no further message of the worker, so none of them may run a nested event loop that waits for one.
		this.worker.onmessage = ({ data }: MessageEvent<readonly ThreadResponse[]>) => {
			for (const response of data) this.receive(response)
		}
		this.worker.onerror = ({ message }) => this.fail(`the thread of the database failed: ${message}`)
		this.worker.addEventListener('close', () => this.fail('the thread of the database ended'))
	}

	/**
	 * @param readonly never changes the file, and leaves a write-ahead log as it is.
	 * @throws Error if the file cannot be opened or does not exist.
	 */
	static async open(file: string, { readonly = false } = {}): Promise<SqliteThread> {
		const thread = new SqliteThread()
		try {
			await thread.call({ type: 'open', file, readonly })
		} catch (thrown) {
			thread.terminate()
			throw thrown
		}
		return thread
	}

	/** Whether it has ended, or failed. Then each call rejects. */
	get ended(): boolean {
		return this.end !== undefined
	}

	/** How long it has run calls until now, in milliseconds, without the time in which they waited. */
	get workedMs(): number {
		return this.worked
	}

	run(statement: Statement): Promise<readonly Row[]> {
		return this.call({ type: 'run', statement })
	}

	/** The transaction begins with its first statement, and is committed with its last ones, which saves two round trips. */
	async begin<Result>(mode: string, work: (sql: Sql) => Promise<Result>): Promise<Result> {
		let begun = false
		const sql = sqliteSql({
			run: (statement) => {
				const call: ThreadCall = begun ? { type: 'continue', statement } : { type: 'begin', mode, statement }
				begun = true
				return this.call(call)
			},
			begin: () => Promise.reject(new Error('a transaction cannot contain another one')),
			close: () => Promise.reject(new Error('a transaction cannot be closed')),
		})
		try {
			const result = await work(sql)
			if (!begun) return result
			const last = result instanceof LastStatements ? result.statements : []
			const committed = this.call({ type: 'commit', requiresAll: last.length > 0 })
			committed.catch(() => undefined)
			// The error of a statement is the reason why the commit fails.
			await Promise.all(last)
			await committed
			return result
		} catch (thrown) {
			// If the thread has ended, SQLite has rolled back.
			if (begun) await this.call({ type: 'rollback' }).catch(() => undefined)
			throw thrown
		}
	}

	/** Closes the connection after the calls before it, and ends the thread. */
	async close(): Promise<void> {
		if (this.ended) return
		let timer: ReturnType<typeof setTimeout> | undefined
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, closeTimeoutMs)
		})
		await Promise.race([this.call({ type: 'close' }).catch(() => undefined), late])
		clearTimeout(timer)
		this.terminate()
	}

	/** Ends the thread immediately. Pending calls reject, and SQLite rolls back a running transaction. */
	terminate(): void {
		this.fail('the connection to the database is closed')
		this.worker.terminate()
	}

	private call(call: ThreadCall): Promise<readonly Row[]> {
		if (this.end !== undefined) return Promise.reject(new UnavailableError(this.end))
		const id = ++this.lastId
		const answer = Promise.withResolvers<readonly Row[]>()
		// The thread keeps the process alive only while a call is pending.
		if (this.pending.size === 0) this.worker.ref()
		this.pending.set(id, answer)
		this.outbox.push({ id, call })
		// Calls of the same tick share a message, since each one wakes both threads.
		if (this.outbox.length === 1) process.nextTick(() => this.worker.postMessage(this.outbox.splice(0)))
		return answer.promise
	}

	private receive({ id, rows, failure, tookMs }: ThreadResponse): void {
		this.worked += tookMs
		const answer = this.pending.get(id)
		this.pending.delete(id)
		if (this.pending.size === 0) this.worker.unref()
		if (failure === undefined) answer?.resolve(rows)
		else answer?.reject(errorOf(failure))
	}

	private fail(reason: string): void {
		if (this.end !== undefined) return
		this.end = reason
		for (const { reject } of this.pending.values()) reject(new UnavailableError(reason))
		this.pending.clear()
		this.worker.unref()
	}
}

function errorOf({ message, code, errno }: ThreadFailure): Error {
	return Object.assign(new Error(describeFullDisk(message, code)), { code, errno })
}
