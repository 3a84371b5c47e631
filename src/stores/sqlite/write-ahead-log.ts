// The file of SQLite's write-ahead log, for syncs after each transaction: see decisions/022. A sync blocks the calling
// thread. Its errors have codes like SQLite's own.

import { closeSync, fdatasyncSync, fstatSync, openSync, statSync } from 'node:fs'

export class WriteAheadLog {
	private readonly path: string
	private descriptor: number | undefined

	/** Opens nothing before the first sync. */
	constructor(path: string) {
		this.path = path
	}

	/**
	 * Syncs all committed transactions to disk.
	 *
	 * @throws Error `SQLITE_IOERR_FSYNC`: whether they are on disk is unknown.
	 */
	sync(): void {
		try {
			fdatasyncSync(this.open())
		} catch (cause) {
			const reason = cause instanceof Error ? cause.message : String(cause)
			throw Object.assign(new Error(`the write-ahead log cannot be synced: ${reason}`, { cause }), {
				code: 'SQLITE_IOERR_FSYNC',
			})
		}
	}

	close(): void {
		if (this.descriptor !== undefined) closeSync(this.descriptor)
		this.descriptor = undefined
	}

	/**
	 * Opens the file again if it was replaced: the last connection that closes removes it, and the next one creates a new
	 * file.
	 */
	private open(): number {
		const { ino } = statSync(this.path)
		if (this.descriptor !== undefined && fstatSync(this.descriptor).ino !== ino) this.close()
		this.descriptor ??= openSync(this.path, 'r+')
		return this.descriptor
	}
}
