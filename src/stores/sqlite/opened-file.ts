// The file that a connection has opened, compared with the file that has its name now. SQLite continues to write to a
// file that was replaced or removed, and the next process would not find those changes.

import { statSync } from 'node:fs'

export class OpenedFile {
	private readonly path: string
	private readonly inode: number

	/** @throws Error if the file does not exist. */
	constructor(path: string) {
		this.path = path
		this.inode = statSync(path).ino
	}

	/** @throws Error `SQLITE_READONLY_DBMOVED`, until the file has its name again. */
	expectUnmoved(): void {
		if (statSync(this.path, { throwIfNoEntry: false })?.ino === this.inode) return
		throw Object.assign(new Error('the database file was replaced or removed while it was open'), {
			code: 'SQLITE_READONLY_DBMOVED',
		})
	}
}
