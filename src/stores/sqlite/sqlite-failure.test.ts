import { describe, expect, test } from 'bun:test'
import { explainSqliteFailure } from './sqlite-failure.ts'

const explain = (code: string) => explainSqliteFailure(Object.assign(new Error('failed'), { code, errno: 1 }))

describe('a locked, full, damaged or unreadable file is unavailable', () => {
	test.each([
		...['SQLITE_AUTH', 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_TIMEOUT', 'SQLITE_CANTOPEN'],
		...['SQLITE_CANTOPEN_ISDIR', 'SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_FULL', 'SQLITE_INTERRUPT'],
		...['SQLITE_IOERR', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHORT_READ', 'SQLITE_LOCKED', 'SQLITE_NOLFS'],
		...['SQLITE_NOMEM', 'SQLITE_NOTADB', 'SQLITE_PERM', 'SQLITE_PROTOCOL', 'SQLITE_READONLY'],
		...['SQLITE_READONLY_DBMOVED', 'SQLITE_READONLY_ROLLBACK'],
	])('%p', (code) => {
		expect(explain(code)).toBe('unavailable')
	})
})

test('an error of a statement is not', () => {
	for (const code of ['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_ERROR', 'SQLITE_FULLY', 'SQLITE_TOOBIG', 'ENOSPC', ''])
		expect([code, explain(code)]).toEqual([code, undefined])
	expect(explainSqliteFailure('SQLITE_BUSY')).toBeUndefined()
})
