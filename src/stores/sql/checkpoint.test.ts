import { expect, test } from 'bun:test'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from './sqlite.ts'

const megabyte = 1024 * 1024

test('the write-ahead log goes into the file while this thread works on, and is begun anew', async () => {
	const file = join(mkdtempSync(join(tmpdir(), 'dragoman-checkpoint-')), 'test.sqlite')
	const database = await openSqlite(file)
	await database.write((sql) => sql.unsafe('CREATE TABLE filler (id INTEGER PRIMARY KEY, text TEXT)'))
	const text = 'x'.repeat(megabyte / 2)
	let longestLog = 0
	for (let row = 0; row < 120; row++) {
		await database.write((sql) => sql`INSERT INTO filler (text) VALUES (${text})`)
		longestLog = Math.max(longestLog, statSync(`${file}-wal`).size)
		await Bun.sleep(30)
	}
	// 60 MB were written, and the next checkpoint of this thread would come at 256.
	expect(longestLog).toBeGreaterThan(16 * megabyte)
	expect(longestLog).toBeLessThan(45 * megabyte)
	expect(statSync(file).size).toBeGreaterThan(15 * megabyte)
	await database.erase()
	const [row] = await database.sql`SELECT COUNT(*) AS count FROM filler`
	expect(row?.count).toBe(120)
	expect(statSync(file).size).toBeGreaterThan(59 * megabyte)
	await database.close()
})
