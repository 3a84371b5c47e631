import { expect, test } from 'bun:test'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Checkpoints } from './checkpoint.ts'
import { openSqlite } from './sqlite.ts'

const megabyte = 1024 * 1024

test('the write-ahead log is checkpointed without blocking this thread, and restarted', async () => {
	const file = join(mkdtempSync(join(tmpdir(), 'dragoman-checkpoint-')), 'test.sqlite')
	const database = await openSqlite(file)
	await database.write((sql) => sql.unsafe('CREATE TABLE filler (id INTEGER PRIMARY KEY, text TEXT)'))
	const text = 'x'.repeat(megabyte / 2)
	const fileBytes = (suffix: string) => statSync(`${file}${suffix}`).size
	let rows = 0
	// The log was restarted and its pages overwritten. This thread's own checkpoint would run at 256 MB.
	const spared = () => (rows * megabyte) / 2 - fileBytes('-wal')
	for (; rows < 400 && spared() < 20 * megabyte; rows++) {
		await database.write((sql) => sql`INSERT INTO filler (text) VALUES (${text})`)
		await Bun.sleep(30)
	}
	expect(spared()).toBeGreaterThanOrEqual(20 * megabyte)
	expect(fileBytes('-wal')).toBeGreaterThan(16 * megabyte)
	expect(fileBytes('')).toBeGreaterThan(15 * megabyte)
	await database.erase()
	const [row] = await database.sql`SELECT COUNT(*) AS count FROM filler`
	expect(row?.count).toBe(rows)
	expect(fileBytes('')).toBeGreaterThan((rows * megabyte) / 2)
	await database.close()
})

test('a failed checkpoint blocks no transaction, and is retried', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'dragoman-checkpoint-'))
	let logLength = 0
	const checkpoints = new Checkpoints(join(folder, 'none', 'test.sqlite'), () => logLength)
	for (let transaction = 0; transaction < 20; transaction++) {
		logLength += 32 * megabyte
		const waited = Promise.resolve(checkpoints.between()).then(() => 'continued')
		expect(await Promise.race([waited, Bun.sleep(5000).then(() => 'blocked')])).toBe('continued')
		await Bun.sleep(50)
	}
	await checkpoints.end()
})
