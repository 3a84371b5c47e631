// Backs up and restores the database of an address, if it is a file. Other databases have tools of their own.

import { DatabaseError } from './database-error.ts'
import type { BackupOptions, BackupResult, FileBackups, RestoreOptions, RestoreResult } from './file-backups.ts'
import type { StoreKind } from './kind.ts'
import { findStoreKind } from './list.ts'
import { openingError } from './open-stores.ts'

/** @throws DatabaseError; NoDatabaseError if there is no database. */
export async function backUpDatabase(address: string, target: string, options: BackupOptions): Promise<BackupResult> {
	return withFile(address, (backups) => backups.backUp(address, target, options))
}

/** @throws DatabaseError */
export async function restoreDatabase(
	address: string,
	source: string,
	options: RestoreOptions,
): Promise<RestoreResult> {
	return withFile(address, (backups) => backups.restore(address, source, options))
}

async function withFile<Result>(address: string, work: (backups: FileBackups) => Promise<Result>): Promise<Result> {
	const kind = findStoreKind(address)
	if (kind === undefined) throw new DatabaseError('The configured database is of an unknown kind.')
	const { backups } = kind
	if (backups.type === 'tools') throw toolsError(kind, backups.names, address)
	try {
		return await work(backups)
	} catch (thrown) {
		throw openingError(thrown, kind, address)
	}
}

function toolsError(kind: StoreKind, names: string, address: string): DatabaseError {
	const name = kind.nameOf(address) ?? 'The configured database'
	return new DatabaseError(`${name} is backed up and restored with ${names}: see docs/backup.md.`)
}
