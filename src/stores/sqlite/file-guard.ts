// The lock that every process holds on a SQLite file while it uses it, so that the file is not replaced meanwhile, and
// the check of a file whose processes have all ended: a write-ahead log that belongs to another state of the database
// would damage it.

import { stat } from 'node:fs/promises'
import { type HeldLock, holdLock, holdSharedLock } from '../../system/lock.ts'
import { DatabaseError } from '../database-error.ts'
import { findDamage, readJournalMode, sizeOf, withThread } from './file-check.ts'
import { explainingFullDisk } from './full-disk.ts'
import { completeRestore } from './pending-restore.ts'

/** How long another process may hold the lock alone, and the delay between attempts, in milliseconds. */
const [longestWaitMs, retryMs] = [10_000, 20]

/**
 * Waits while another process checks or restores the file. The first process completes an interrupted restore.
 *
 * @throws DatabaseError if that takes too long, or if the write-ahead log does not belong to the file.
 */
export async function guardFile(file: string): Promise<HeldLock> {
	for (const untilMs = performance.now() + longestWaitMs; ; await Bun.sleep(retryMs)) {
		const alone = holdAlone(file)
		if (alone !== undefined)
			try {
				await completeRestore(file)
				await expectOwnLog(file)
			} finally {
				alone.release()
			}
		const lock = explainingFullDisk(() => holdSharedLock(lockFile(file)))
		if (lock !== undefined) return lock
		if (performance.now() > untilMs)
			throw new DatabaseError(`Another process restores or checks the database ${file}: wait until it ends.`)
	}
}

/** The lock without any other process; undefined if one uses the file. */
export function holdAlone(file: string): HeldLock | undefined {
	return explainingFullDisk(() => holdLock(lockFile(file), { create: true }))
}

/** The lock's file. It remains, empty. */
export function lockFile(file: string): string {
	return `${file}.lock`
}

/** Changes nothing. No process may use the file. */
async function expectOwnLog(file: string): Promise<void> {
	const log = `${file}-wal`
	if ((await sizeOf(log)) === 0) return
	const mode = await readJournalMode(file)
	if (mode === 'none') throw foreignLog(file, 'the database itself is missing or empty')
	if (mode !== 'wal') throw foreignLog(file, 'the database was never used with one')
	// A log is written after its database, except at the end of a checkpoint.
	const [database, written] = await Promise.all([stat(file), stat(log)])
	if (database.ctimeMs < written.mtimeMs) return
	const damage = await withThread(file, { readonly: true }, findDamage)
	if (damage !== undefined) throw foreignLog(file, damage)
}

function foreignLog(file: string, reason: string): DatabaseError {
	return new DatabaseError(
		`The write-ahead log ${file}-wal does not belong to the database ${file} (${reason}). A file was probably copied over the database of a server that did not stop. Restore a backup with \`dragoman restore FILE --replace\`, which sets both aside; nothing was changed.`,
	)
}
