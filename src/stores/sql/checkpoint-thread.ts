// The thread of checkpoint.ts: each message has it bring a write-ahead log into its database's file.

import { Database } from 'bun:sqlite'

declare const self: Worker

self.onmessage = ({ data: file }: MessageEvent<string>) => {
	const database = new Database(file, { readwrite: true })
	try {
		database.run('PRAGMA synchronous = NORMAL')
		// Waits for nobody, and nobody waits for it.
		database.query('PRAGMA wal_checkpoint(PASSIVE)').get()
	} finally {
		database.close()
	}
	self.postMessage('done')
}
