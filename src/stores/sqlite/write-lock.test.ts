import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findWriteLock } from './write-lock.ts'

test('a lock of another connection is found without waiting, and is not taken', async () => {
	const file = join(await mkdtemp(join(tmpdir(), 'dragoman-test-')), 'locked.sqlite')
	expect(findWriteLock(file)).toMatchObject({ code: 'SQLITE_CANTOPEN' })
	const database = new Database(file)
	database.run('PRAGMA journal_mode = WAL')
	database.run('BEGIN IMMEDIATE')
	expect(findWriteLock(file)).toMatchObject({ code: 'SQLITE_BUSY', message: 'database is locked' })
	database.run('ROLLBACK')
	expect(findWriteLock(file)).toBeUndefined()
	database.run('BEGIN IMMEDIATE')
	database.close()
})
