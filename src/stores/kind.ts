// The interface between the configuration and a database. Each database folder has one, and list.ts lists them. It does
// not know the tables.

import type { FileBackups } from './file-backups.ts'
import type { SchemaMode } from './migrations/schema.ts'
import type { SqlDatabase } from './sql/sql-database.ts'

/** An address is a text such as `sqlite:/var/lib/dragoman.sqlite` or a URL. It may contain a password. */
export interface StoreKind {
	/** How the configuration field `database` selects this kind. */
	readonly setting: {
		/** Matches the whole field; without anchors. */
		readonly pattern: string
		/** Follows "must be". */
		readonly form: string
		/** For the configuration reference. */
		readonly description: string
	}
	/** Form of its addresses, for messages. */
	readonly addressForm: string
	/** The same with all its parts, for help texts. */
	readonly addressExample: string
	/** Only processes of this host use the database. */
	readonly local: boolean
	/** Whether `address` is an address of this kind. Does not check its parts. */
	recognizes(address: string): boolean
	/** The address that the configuration field `database` selects, for this data folder. */
	locate(setting: string, dataFolder: string): string
	/** The same address independent of the working directory. */
	resolve(address: string): string
	/** Why the address cannot be used, without any part of it. Undefined if it can. */
	problem(address: string): string | undefined
	/**
	 * Name of the database for messages, without user and password. Undefined if no part of the address can be shown
	 * safely.
	 */
	nameOf(address: string): string | undefined
	/** Texts in the address that no message may contain. */
	secretsOf(address: string): readonly string[]
	/**
	 * @throws SchemaError if the database does not meet `mode`, DatabaseError if a newer version wrote it, Error if it
	 * cannot be opened.
	 */
	open(address: string, mode: SchemaMode): Promise<SqlDatabase>
	/** How the database is backed up and restored. */
	readonly backups: FileBackups | DatabaseTools
}

/** The database has tools of its own for backups. */
export interface DatabaseTools {
	readonly type: 'tools'
	/** For messages. */
	readonly names: string
}
