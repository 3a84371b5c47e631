// The file of SQLite's write-ahead log, for syncs after each transaction: see decisions/022. A sync blocks the calling
// thread.

import { closeSync, fdatasyncSync, fstatSync, openSync, statSync } from 'node:fs'

export class WriteAheadLog {
	private readonly path: string
	private descriptor: number | undefined

	/** Opens nothing before the first sync. */
	constructor(path: string) {
		this.path = path
	}

	/** Syncs all committed transactions to disk. */
	sync(): void {
		fdatasyncSync(this.open())
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
