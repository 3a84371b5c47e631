import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alice, conversation, ended, turn } from '../../conversations/conversation-store.testing.ts'
import { createKey } from '../../keys/key.ts'
import { holdSharedLock } from '../../system/lock.ts'
import { rejection } from '../../system/rejection.testing.ts'
import type { RestoreOptions } from '../file-backups.ts'
import type { SchemaMode } from '../migrations/schema.ts'
import { stepsFrom, undoStatements } from '../migrations/undo.testing.ts'
import { SqlConversationStore } from '../sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { SqlKeyStore } from '../sql/sql-key-store.ts'
import { SqlProcessStore } from '../sql/sql-process-store.ts'
import { openSqlite } from './sqlite.ts'
import { backUpSqlite } from './sqlite-backup.ts'
import { restoreSqlite } from './sqlite-restore.ts'

const newFolder = () => mkdtemp(join(tmpdir(), 'dragoman-restore-'))

/** A new database with one key of this name. */
async function createDatabase(file: string, name: string): Promise<void> {
	const database = await openSqlite(file)
	await insertKey(database, name)
	await database.close()
}

async function insertKey(database: SqlDatabase, name: string): Promise<void> {
	await new SqlKeyStore(database).insert(createKey({ name, role: 'user' }, 1000).key)
}

/** The names of the keys in a database that an opening program finds. */
async function namesIn(file: string, mode: SchemaMode = 'expect'): Promise<readonly string[]> {
	const database = await openSqlite(file, mode)
	try {
		return (await new SqlKeyStore(database).list()).map(({ name }) => name).toSorted()
	} finally {
		await database.close()
	}
}

interface Folder {
	readonly folder: string
	readonly file: string
	readonly backup: string
	readonly options: RestoreOptions
}

/** A database with the key `new`, and a backup of it with the key `old`. */
async function open(): Promise<Folder> {
	const folder = await newFolder()
	const [file, backup] = [join(folder, 'dragoman.sqlite'), join(folder, 'backup.sqlite')]
	const database = await openSqlite(file)
	await insertKey(database, 'old')
	await backUpSqlite(file, backup, { overwrite: false })
	await insertKey(database, 'new')
	await database.close()
	const options = { replace: true, setAsideFolder: join(folder, 'replaced'), ofState: [], ofDatabase: [] }
	return { folder, file, backup, options }
}

/** Leaves the files of a database as a killed process does, with a write-ahead log. */
async function abandon(file: string): Promise<void> {
	const script = `
		import { openSqlite } from '${import.meta.dir}/sqlite.ts'
		import { createKey } from '${import.meta.dir}/../../keys/key.ts'
		import { SqlKeyStore } from '${import.meta.dir}/../sql/sql-key-store.ts'
		const store = new SqlKeyStore(await openSqlite('${file}'))
		for (let count = 0; count < 50; count++)
			await store.insert(createKey({ name: 'abandoned'.repeat(50), role: 'user' }, count).key)
		process.kill(process.pid, 'SIGKILL')`
	await Bun.spawn([process.execPath, '-e', script]).exited
	expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0)
}

describe('a backup', () => {
	test('is one private file with the state of one moment', async () => {
		const { backup } = await open()
		expect((await stat(backup)).mode & 0o777).toBe(0o600)
		const database = new Database(backup, { readonly: true })
		expect(database.query('SELECT name FROM keys').all()).toEqual([{ name: 'old' }])
		expect(database.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
		database.close()
	})

	test('replaces no file, unless requested', async () => {
		const { file, backup, folder } = await open()
		const before = await readFile(backup)
		expect((await rejection(backUpSqlite(file, backup, { overwrite: false }))).message).toContain(`${backup} exists`)
		expect(await readFile(backup)).toEqual(before)
		await backUpSqlite(file, backup, { overwrite: true })
		expect(await namesIn(backup)).toEqual(['new', 'old'])
		expect((await rejection(backUpSqlite(file, folder, { overwrite: true }))).message).toContain('is not a file')
	})

	test('is never written over a database, or without one', async () => {
		const { file, backup, folder } = await open()
		await abandon(backup)
		expect((await rejection(backUpSqlite(file, backup, { overwrite: true }))).message).toContain(
			'is a database and not a backup',
		)
		const missing = join(folder, 'missing.sqlite')
		expect((await rejection(backUpSqlite(missing, join(folder, 'b'), { overwrite: false }))).message).toContain(
			'no such file',
		)
		expect((await readdir(folder)).filter((name) => /missing|unfinished/.test(name))).toEqual([])
	})

	test('of a damaged database fails, and leaves no file', async () => {
		const { file, folder } = await open()
		const bytes = await readFile(file)
		await writeFile(file, bytes.fill(0x55, 4096, 3 * 4096))
		expect((await rejection(backUpSqlite(file, join(folder, 'b'), { overwrite: false }))).message).toContain('damaged')
		expect((await readdir(folder)).filter((name) => name.startsWith('b.'))).toEqual([])
	})

	test('that is aborted leaves no file', async () => {
		const { file, folder } = await open()
		const signal = AbortSignal.abort(new Error('interrupted'))
		expect((await rejection(backUpSqlite(file, join(folder, 'b'), { overwrite: false, signal }))).message).toContain(
			'interrupted',
		)
		expect((await readdir(folder)).filter((name) => name.startsWith('b'))).toEqual(['backup.sqlite'])
	})

	test('preserves row ids', async () => {
		const { file, folder } = await open()
		const database = new Database(file)
		database.run('CREATE TABLE other (text TEXT)')
		database.run("INSERT INTO other VALUES ('a'), ('b'), ('c')")
		database.run("DELETE FROM other WHERE text = 'a'")
		database.close()
		await backUpSqlite(file, join(folder, 'b'), { overwrite: false })
		const copy = new Database(join(folder, 'b'), { readonly: true })
		expect(copy.query('SELECT rowid, text FROM other').values()).toEqual([
			[2, 'b'],
			[3, 'c'],
		])
		copy.close()
	})
})

describe('restore', () => {
	test('creates a database, and its folder', async () => {
		const { folder, backup, options } = await open()
		const file = join(folder, 'elsewhere', 'dragoman.sqlite')
		const result = await restoreSqlite(file, backup, { ...options, replace: false })
		expect(result).toEqual({ setAside: [], interrupted: 0, missingSteps: [] })
		expect((await stat(file)).mode & 0o777).toBe(0o600)
		expect(await namesIn(file)).toEqual(['old'])
	})

	test('replaces an existing database only if requested, and sets it aside', async () => {
		const { folder, file, backup, options } = await open()
		expect((await rejection(restoreSqlite(file, backup, { ...options, replace: false }))).message).toContain(
			'--replace',
		)
		expect(await namesIn(file)).toEqual(['new', 'old'])
		expect((await restoreSqlite(file, backup, options)).setAside).toContain(file)
		expect(await namesIn(file)).toEqual(['old'])
		expect(await namesIn(join(folder, 'replaced', 'dragoman.sqlite'))).toEqual(['new', 'old'])
	})

	test('sets the write-ahead log of a killed process aside with its database', async () => {
		const { folder, file, backup, options } = await open()
		await abandon(file)
		expect((await restoreSqlite(file, backup, options)).setAside).toContain(`${file}-wal`)
		expect(await namesIn(file)).toEqual(['old'])
		expect(await namesIn(join(folder, 'replaced', 'dragoman.sqlite'))).toHaveLength(52)
	})

	test('refuses a write-ahead log without its database', async () => {
		const { file, backup, options } = await open()
		await abandon(file)
		await rm(file)
		expect((await rejection(restoreSqlite(file, backup, { ...options, replace: false }))).message).toContain(
			`${file}-wal exists`,
		)
		await restoreSqlite(file, backup, options)
		expect(await namesIn(file)).toEqual(['old'])
	})

	test('refuses a database that a process uses', async () => {
		const { file, backup, options } = await open()
		const database = await openSqlite(file)
		expect((await rejection(restoreSqlite(file, backup, options))).message).toContain('is in use')
		await database.close()
		await restoreSqlite(file, backup, options)
	})

	test('a process that opens the database waits until the restore ends', async () => {
		const { file, backup, options } = await open()
		let opened: Promise<readonly string[]> | undefined
		await restoreSqlite(file, backup, {
			...options,
			onStep() {
				opened ??= namesIn(file)
				expect(holdSharedLock(`${file}.lock`)).toBeUndefined()
			},
		})
		expect(await opened).toEqual(['old'])
	})

	const refused: readonly (readonly [string, string, (backup: string) => Promise<unknown>])[] = [
		['that does not exist', 'does not exist', (backup) => rm(backup)],
		['that is empty', 'not a SQLite database', (backup) => writeFile(backup, '')],
		['that is no database', 'not a SQLite database', (backup) => writeFile(backup, 'x'.repeat(10_000))],
		['of another program', 'no Dragoman tables', (backup) => otherProgram(backup)],
		['that was cut off', 'damaged', async (backup) => writeFile(backup, (await readFile(backup)).subarray(0, 9000))],
		[
			'with damaged pages',
			'damaged',
			async (backup) => writeFile(backup, (await readFile(backup)).fill(0x55, 4096, 5 * 4096)),
		],
		[
			'of a newer version',
			'unknown steps: 900-later',
			(backup) => change(backup, "INSERT INTO migrations VALUES ('900-later', 1)"),
		],
		['that a process uses', 'is a database with changes', (backup) => abandon(backup)],
	]
	for (const [name, message, prepare] of refused)
		test(`refuses a file ${name}, and changes nothing`, async () => {
			const { folder, file, backup, options } = await open()
			await prepare(backup)
			const before = await readFile(file)
			expect((await rejection(restoreSqlite(file, backup, options))).message).toContain(message)
			expect(await readFile(file)).toEqual(before)
			expect((await readdir(folder)).filter((one) => /restore|replaced/.test(one))).toEqual([])
		})

	test('reports the steps that a backup of an older version lacks', async () => {
		const { file, backup, options } = await open()
		const steps = stepsFrom('010-key-parents')
		for (const statement of undoStatements('010-key-parents', 'SQLite')) await change(backup, statement)
		expect((await restoreSqlite(file, backup, options)).missingSteps).toEqual(steps)
		const database = await openSqlite(file)
		expect(database.migrated).toEqual(steps)
		await database.close()
	})

	test('interrupts the turns that were running, and forgets their processes', async () => {
		const { folder, options } = await open()
		const [running, backup] = [join(folder, 'running.sqlite'), join(folder, 'running.backup')]
		const database = await openSqlite(running)
		const { turns } = new SqlConversationStore(database).in(alice)
		const [one, two] = [conversation(), conversation()]
		const begun = turn({ conversation: one.id, create: one, process: 'p1' })
		await turns.begin(begun)
		await new SqlProcessStore(database).beat({ id: 'p1', host: 'h', generation: 1 })
		const complete = turn({ conversation: two.id, create: two, process: 'p2' })
		await turns.begin(complete)
		await turns.end(complete.id, ended('answer'))
		await backUpSqlite(running, backup, { overwrite: false })
		await database.close()
		expect((await restoreSqlite(join(folder, 'r'), backup, options)).interrupted).toBe(1)
		const restored = await openSqlite(join(folder, 'r'))
		const states = await restored.sql`SELECT id, state FROM turns ORDER BY id`
		expect(await new SqlProcessStore(restored).list()).toEqual([])
		await restored.close()
		expect(states.map(({ id, state }) => [id, state])).toEqual([
			[begun.id, 'interrupted'],
			[complete.id, 'completed'],
		])
	})

	test('sets files of the state aside, and files of the database only if it is another one', async () => {
		for (const isSame of [true, false]) {
			const { folder, file, backup, options } = await open()
			if (!isSame) {
				await rm(file)
				await createDatabase(file, 'another')
			}
			const [streams, journal] = [join(folder, 'streams'), join(folder, 'journal')]
			for (const path of [streams, journal]) await mkdir(path)
			const { setAside } = await restoreSqlite(file, backup, { ...options, ofState: [streams], ofDatabase: [journal] })
			expect(setAside.filter((path) => !path.startsWith(`${file}-`))).toEqual([
				file,
				streams,
				...(isSame ? [] : [journal]),
			])
		}
	})

	test('leaves the former or the restored database if it is killed at any step', async () => {
		const found = new Set<string>()
		for (let step = 1; ; step++) {
			const { folder, file, backup } = await open()
			await abandon(file)
			await mkdir(join(folder, 'streams'))
			const args = [file, backup, join(folder, 'replaced'), String(step)]
			const child = Bun.spawn([process.execPath, join(import.meta.dir, 'restore-child.testing.ts'), ...args])
			await child.exited
			const names = await namesIn(file, step % 2 === 0 ? 'create' : 'expect')
			const isRestored = names.length === 1
			expect(names).toHaveLength(isRestored ? 1 : 52)
			found.add(String(isRestored))
			// What belongs to the former state is with it.
			const entries = await readdir(isRestored ? join(folder, 'replaced') : folder)
			expect(entries).toContain('streams')
			if (isRestored) expect(await namesIn(join(folder, 'replaced', 'dragoman.sqlite'))).toHaveLength(52)
			// A restore can be repeated.
			const again = { replace: true, setAsideFolder: join(folder, 'again'), ofState: [], ofDatabase: [] }
			await restoreSqlite(file, backup, again)
			expect(await namesIn(file)).toEqual(['old'])
			expect((await readdir(folder)).filter((one) => /\.restore/.test(one))).toEqual([])
			if (child.signalCode === null) {
				expect(step).toBeGreaterThan(7)
				break
			}
		}
		expect(found).toEqual(new Set(['true', 'false']))
	}, 120_000)
})

describe('a write-ahead log of another state', () => {
	test('is refused if a backup was copied over the database, and nothing is changed', async () => {
		const { folder, file, backup, options } = await open()
		await abandon(file)
		await copyFile(backup, file)
		const before = [await readFile(file), await readFile(`${file}-wal`)]
		for (const mode of ['create', 'update', 'expect'] as const)
			expect((await rejection(openSqlite(file, mode))).message).toContain('does not belong to the database')
		expect((await rejection(backUpSqlite(file, join(folder, 'b'), { overwrite: false }))).message).toContain(
			'does not belong',
		)
		expect([await readFile(file), await readFile(`${file}-wal`)]).toEqual(before)
		await restoreSqlite(file, backup, options)
		expect(await namesIn(file)).toEqual(['old'])
	})

	test('is refused if a database that was in use before does not fit to it', async () => {
		const [{ file }, other] = [await open(), await open()]
		// The log refers to pages that the other file does not have.
		const database = await openSqlite(file)
		for (let count = 0; count < 300; count++) await insertKey(database, `${count} `.repeat(500))
		await database.close()
		await abandon(file)
		await copyFile(other.file, file)
		const before = await readFile(file)
		expect((await rejection(openSqlite(file))).message).toContain('does not belong to the database')
		expect(await readFile(file)).toEqual(before)
	})

	test('is refused without a database', async () => {
		const { file } = await open()
		await abandon(file)
		await rm(file)
		expect((await rejection(openSqlite(file))).message).toContain('missing or empty')
		expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0)
	})

	test('is not assumed after a crash, even right after a checkpoint', async () => {
		const { file } = await open()
		await abandon(file)
		const [past] = [new Date(Date.now() - 60_000)]
		await utimes(`${file}-wal`, past, past)
		expect(await namesIn(file)).toHaveLength(52)
		await abandon(file)
		await appendFile(`${file}-wal`, 'half of a frame')
		expect(await namesIn(file)).toHaveLength(102)
	})
})

async function change(file: string, statement: string): Promise<void> {
	const database = new Database(file)
	database.run(statement)
	database.close()
}

async function otherProgram(file: string): Promise<void> {
	await rm(file)
	const database = new Database(file, { create: true })
	database.run('CREATE TABLE notes (text TEXT)')
	database.close()
}
