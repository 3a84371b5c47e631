// Restores a backup as a SQLite database. The backup is copied and checked under another name; then pending-restore.ts
// replaces the database. It does not know which files of a data folder belong to a state.

import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncToDisk } from '../../system/disk-sync.ts'
import { removeForeignAccess } from '../../system/private-files.ts'
import { describeSystemError } from '../../system/system-error.ts'
import { DatabaseError } from '../database-error.ts'
import type { RestoreOptions, RestoreResult } from '../file-backups.ts'
import { namesOf, readSteps } from '../migrations/schema.ts'
import type { Sql } from '../sql/sql.ts'
import { SqlMaintenance } from '../sql/sql-maintenance.ts'
import { fileSuffixes, findDamage, hasMigrations, isDamage, readJournalMode, sizeOf, withThread } from './file-check.ts'
import { holdAlone, lockFile } from './file-guard.ts'
import { completeRestore, decideRestore, isRestorePending, restoredFile } from './pending-restore.ts'
import { openSqlite } from './sqlite.ts'

/** Restores `source` as the database `file`; see `FileBackups`. */
export async function restoreSqlite(file: string, source: string, options: RestoreOptions): Promise<RestoreResult> {
	await expectSource(source, file)
	await mkdir(dirname(file), { recursive: true, mode: 0o700 })
	const lock = holdAlone(file)
	if (lock === undefined)
		throw new DatabaseError(`The database ${file} is in use: stop the server and all other commands that use it.`)
	try {
		return await restoreAlone(file, source, options)
	} catch (thrown) {
		throw restoreError(thrown, source)
	} finally {
		lock.release()
	}
}

/** No other process uses the database. */
async function restoreAlone(file: string, source: string, options: RestoreOptions): Promise<RestoreResult> {
	// An earlier restore may have been interrupted.
	await completeRestore(file)
	await removeRestored(file)
	if (!options.replace) await expectNone(file)
	const restored = restoredFile(file)
	try {
		options.onStep?.('Copying the backup')
		await copyFile(source, restored, constants.COPYFILE_FICLONE)
		await removeForeignAccess(restored)
		options.onStep?.('Checking the copy')
		const { missingSteps, creation } = await inspect(restored, source)
		const interrupted = missingSteps.length === 0 ? await interruptTurns(restored) : 0
		await withThread(restored, { readonly: false }, (sql) => sql.unsafe('PRAGMA journal_mode = DELETE'))
		await syncToDisk(restored)
		const isSame = await isOfDatabase(file, creation)
		options.onStep?.('Preparing to replace the database')
		await decideRestore(file, {
			folder: options.setAsideFolder,
			companions: [...options.ofState, ...(isSame ? [] : options.ofDatabase)],
		})
		return { setAside: await completeRestore(file, options.onStep), interrupted, missingSteps }
	} catch (thrown) {
		// A decided restore is completed by the next process that opens the database.
		if (!(await isRestorePending(file))) await removeRestored(file)
		throw thrown
	}
}

/** @throws DatabaseError if `source` cannot be a backup. */
async function expectSource(source: string, file: string): Promise<void> {
	const found = await stat(source).catch(() => undefined)
	if (found === undefined) throw new DatabaseError(`${source} does not exist.`)
	if (resolve(source) === resolve(file)) throw new DatabaseError(`${source} is the database itself.`)
	const mode = found.isFile() ? await readJournalMode(source) : 'other'
	if (mode === 'none' || mode === 'other') throw notBackup(source, 'it is not a SQLite database')
	for (const suffix of ['-wal', '-journal'])
		if ((await sizeOf(`${source}${suffix}`)) > 0)
			throw new DatabaseError(
				`${source} is a database with changes in ${source}${suffix}, not a backup: write one with \`dragoman backup\` first.`,
			)
}

async function expectNone(file: string): Promise<void> {
	for (const path of fileSuffixes.map((suffix) => `${file}${suffix}`)) {
		const found = await lstat(path).catch(() => undefined)
		if (found !== undefined && (path === file || found.size > 0))
			throw new DatabaseError(`${path} exists: --replace sets it aside, together with all that belongs to it.`)
	}
}

interface BackupState {
	readonly missingSteps: readonly string[]
	readonly creation: string | undefined
}

async function inspect(restored: string, source: string): Promise<BackupState> {
	return withThread(restored, { readonly: false }, async (sql) => {
		const damage = await findDamage(sql)
		if (damage !== undefined) throw notBackup(source, `it is damaged: ${damage}`)
		if (!(await hasMigrations(sql))) throw notBackup(source, 'it has no Dragoman tables')
		const { missing, unknown } = await readSteps(sql)
		if (unknown.length > 0)
			throw notBackup(source, `a newer version of Dragoman wrote it (unknown steps: ${namesOf(unknown)})`)
		return { missingSteps: missing, creation: await readCreation(sql) }
	})
}

/** When the database was created: copies of the same database have the same value. */
async function readCreation(sql: Sql): Promise<string | undefined> {
	const [row] = await sql`SELECT name, applied_at_ms FROM migrations ORDER BY name LIMIT 1`
	return row === undefined ? undefined : `${row.name} ${row.applied_at_ms}`
}

/** Whether `file` is a state of the database that was created at `creation`. Assumed if it cannot be read. */
async function isOfDatabase(file: string, creation: string | undefined): Promise<boolean> {
	if ((await readJournalMode(file)) === 'none') return true
	const present = await withThread(file, { readonly: true }, readCreation).catch(() => undefined)
	return present === undefined || present === creation
}

/** No process of a backup is running. @returns the number of turns that were. */
async function interruptTurns(restored: string): Promise<number> {
	const database = await openSqlite(restored, 'expect')
	try {
		const rows = await database.sql`SELECT DISTINCT process FROM turns WHERE state = 'running'`
		const maintenance = new SqlMaintenance(database)
		let interrupted = 0
		for (const { process } of rows) interrupted += await maintenance.interrupt(String(process), Date.now())
		// Other processes would wait for their heartbeats.
		await database.write((sql) => sql`DELETE FROM processes`)
		return interrupted
	} finally {
		await database.close()
		await rm(lockFile(restored), { force: true })
	}
}

async function removeRestored(file: string): Promise<void> {
	const restored = restoredFile(file)
	for (const path of [...fileSuffixes.map((suffix) => `${restored}${suffix}`), lockFile(restored)])
		await rm(path, { force: true })
}

function notBackup(source: string, reason: string): DatabaseError {
	return new DatabaseError(`${source} cannot be restored: ${reason}. The database was not changed.`)
}

function restoreError(thrown: unknown, source: string): unknown {
	if (!(thrown instanceof Error) || thrown instanceof DatabaseError) return thrown
	if (isDamage(thrown)) return notBackup(source, `it is damaged: ${thrown.message}`)
	const code = String(Reflect.get(thrown, 'code'))
	if (!/^(E[A-Z]+|SQLITE_\w+)$/.test(code)) return thrown
	return new DatabaseError(`${source} cannot be restored: ${describeSystemError(thrown)}`, { cause: thrown })
}
