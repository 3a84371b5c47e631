// Backups of a SQLite file while servers use it. VACUUM INTO reads one snapshot in a thread of its own: it needs no
// memory for the database, blocks no writer, and its result is one file without a write-ahead log. See decisions/048.

import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncToDisk } from '../../system/disk-sync.ts'
import { createPrivateFile } from '../../system/private-files.ts'
import { describeSystemError } from '../../system/system-error.ts'
import { DatabaseError } from '../database-error.ts'
import type { BackupOptions, BackupResult } from '../file-backups.ts'
import { SchemaError } from '../migrations/schema.ts'
import { fileSuffixes, findDamage, hasMigrations, isDamage, isFile, sizeOf, withThread } from './file-check.ts'
import { guardFile } from './file-guard.ts'
import { isRestorePending } from './pending-restore.ts'

/** How long it waits for a process that locks the whole file, in milliseconds. */
const busyTimeoutMs = 10_000

/** Backs up the database `file`; see `FileBackups`. */
export async function backUpSqlite(file: string, target: string, options: BackupOptions): Promise<BackupResult> {
	await expectTarget(target, options)
	if (!((await isFile(file)) && (await sizeOf(file)) > 0) && !(await isRestorePending(file)))
		throw new SchemaError('missing', 'there is no such file')
	const lock = await guardFile(file)
	const unfinished = `${target}.${crypto.randomUUID()}.unfinished`
	try {
		await abortable(options.signal, write(file, unfinished))
		await expectTarget(target, options)
		await rename(unfinished, target)
		await syncToDisk(dirname(target))
		return { bytes: (await stat(target)).size }
	} catch (thrown) {
		for (const suffix of fileSuffixes) await rm(`${unfinished}${suffix}`, { force: true })
		throw backupError(thrown, file, target)
	} finally {
		lock.release()
	}
}

async function expectTarget(target: string, { overwrite }: BackupOptions): Promise<void> {
	const found = await stat(target).catch(() => undefined)
	if (found === undefined) return
	if (!found.isFile()) throw new DatabaseError(`${target} is not a file: name the file of the backup.`)
	if (!overwrite) throw new DatabaseError(`${target} exists: choose another name, or replace it with --force.`)
	if ((await sizeOf(`${target}-wal`)) > 0)
		throw new DatabaseError(
			`${target} has a write-ahead log, so it is a database and not a backup: choose another name.`,
		)
}

async function write(file: string, unfinished: string): Promise<void> {
	await withThread(file, { readonly: false }, async (sql) => {
		await sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
		if (!(await hasMigrations(sql))) throw new SchemaError('missing', 'it has no Dragoman tables')
		await createPrivateFile(unfinished)
		await sql.unsafe('VACUUM INTO ?', [unfinished])
	})
	const damage = await withThread(unfinished, { readonly: true }, findDamage)
	if (damage !== undefined) throw new DatabaseError(`The copy is damaged (${damage}), so no backup was written.`)
	await syncToDisk(unfinished)
}

/** The thread of an aborted backup ends with the process. */
function abortable(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
	if (signal === undefined) return work
	const aborted = Promise.withResolvers<never>()
	const abort = () => aborted.reject(signal.reason)
	signal.addEventListener('abort', abort, { once: true })
	if (signal.aborted) abort()
	return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort))
}

function backupError(thrown: unknown, file: string, target: string): unknown {
	if (thrown instanceof DatabaseError || thrown instanceof SchemaError || !(thrown instanceof Error)) return thrown
	if (isDamage(thrown))
		return new DatabaseError(`The database ${file} is damaged (${thrown.message}), so no backup was written.`)
	const code = String(Reflect.get(thrown, 'code'))
	if (!/^(E[A-Z]+|SQLITE_\w+)$/.test(code)) return thrown
	return new DatabaseError(`The backup ${target} cannot be written: ${describeSystemError(thrown)}`, { cause: thrown })
}
