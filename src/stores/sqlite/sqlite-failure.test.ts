import { expect, test } from 'bun:test'
import { explainSqliteFailure } from './sqlite-failure.ts'

const explain = (code: string) => explainSqliteFailure(Object.assign(new Error('failed'), { code, errno: 1 }))

test('a locked, full or unreadable file is unavailable, and an error of a statement is not', () => {
	for (const code of ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_LOCKED'])
		expect([code, explain(code)]).toEqual([code, 'unavailable'])
	for (const code of ['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_ERROR', 'ENOSPC', ''])
		expect([code, explain(code)]).toEqual([code, undefined])
	expect(explainSqliteFailure('SQLITE_BUSY')).toBeUndefined()
})
