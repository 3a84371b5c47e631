// The worker thread of checkpoint.ts: each message starts a checkpoint of one database file.

import { Database } from 'bun:sqlite'

declare const self: Worker

self.onmessage = ({ data: file }: MessageEvent<string>) => {
	const database = new Database(file, { readwrite: true })
	try {
		database.run('PRAGMA synchronous = NORMAL')
		// A passive checkpoint neither waits for other connections nor blocks them.
		database.query('PRAGMA wal_checkpoint(PASSIVE)').get()
	} finally {
		database.close()
	}
	self.postMessage('done')
}
