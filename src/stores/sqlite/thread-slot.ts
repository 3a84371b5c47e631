// A connection that is opened when it is first needed, and again after its thread has ended.

import type { SqliteThread } from './sqlite-thread.ts'

export class ThreadSlot {
	private readonly open: () => Promise<SqliteThread>
	private thread: SqliteThread | undefined
	private opening: Promise<SqliteThread> | undefined

	/** @param first an open connection, if there is one. */
	constructor(open: () => Promise<SqliteThread>, first: SqliteThread | undefined) {
		this.open = open
		this.thread = first
	}

	/** @throws Error if it cannot be opened; the next call tries again. */
	async get(): Promise<SqliteThread> {
		if (this.thread?.ended === false) return this.thread
		this.opening ??= this.open().finally(() => {
			this.opening = undefined
		})
		this.thread = await this.opening
		return this.thread
	}

	async close(): Promise<void> {
		await this.opening?.catch(() => undefined)
		await this.thread?.close()
	}
}
