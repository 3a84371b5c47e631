// The interface to backups of a database as one file. It does not know what else is in a data folder.

export interface FileBackups {
	readonly type: 'file'
	/**
	 * Writes a consistent copy of the database to a new file, which only its owner may read. Servers may use the database
	 * meanwhile. If it fails or its process ends, `target` is as before.
	 *
	 * @throws DatabaseError, SchemaError if there is no database.
	 */
	backUp(address: string, target: string, options: BackupOptions): Promise<BackupResult>
	/**
	 * Replaces the database by the copy `source`. If its process ends, the database is either the former or the restored
	 * one; the next process that opens it completes the replacement.
	 *
	 * @throws DatabaseError if the database is in use or exists, or if `source` cannot be restored.
	 */
	restore(address: string, source: string, options: RestoreOptions): Promise<RestoreResult>
}

export interface BackupOptions {
	/** Whether an existing file is replaced. */
	readonly overwrite: boolean
	/** Removes what has been written, and rejects. */
	readonly signal?: AbortSignal | undefined
}

export interface BackupResult {
	/** Size of the file, in bytes. */
	readonly bytes: number
}

export interface RestoreOptions {
	/** Whether an existing database is set aside. Otherwise it is an error. */
	readonly replace: boolean
	/** The folder that what is set aside is moved to. It does not exist, and is on the disk of the database. */
	readonly setAsideFolder: string
	/** Files and folders that belong to the state that is replaced. They are set aside if they exist. */
	readonly ofState: readonly string[]
	/** The same, but only if the backup is one of another database. */
	readonly ofDatabase: readonly string[]
	/** Called before each step, with a description of it. */
	readonly onStep?: ((step: string) => void) | undefined
}

export interface RestoreResult {
	/** What was set aside, as paths before. */
	readonly setAside: readonly string[]
	/** Number of turns that were running in the backup, and are interrupted now. */
	readonly interrupted: number
	/** The migration steps that the next start will apply. */
	readonly missingSteps: readonly string[]
}
