// Everything that a deployment keeps: in its database, with the keys that were read remembered.

import { existsSync } from 'node:fs'
import type { ConversationStore } from '../conversations/conversation-store.ts'
import { type ChangeCounter, openChangeCounter } from '../files/change-counter.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { DatabaseError, NoDatabaseError } from './database-error.ts'
import { openPostgres } from './sql/postgres.ts'
import { reachable } from './sql/reachable.ts'
import { SchemaError, type SchemaMode } from './sql/schema.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { openSqlite } from './sql/sqlite.ts'

export interface StoreLocation {
	/** `sqlite`, or the URL of a PostgreSQL database. */
	readonly database: string
	/** SQLite's. */
	readonly databaseFile: string
	/** Counted up whenever a key is made or revoked, by every process that does. */
	readonly keyChangesFile: string
}

export interface Stores {
	readonly keys: KeyStore
	readonly conversations: ConversationStore
	readonly ledger: LedgerStore
	/** The steps of the schema that were done now. */
	readonly migrated: readonly string[]
	/** @throws ChatError `unavailable` or Error where the database cannot be read now. */
	check(): Promise<void>
	close(): Promise<void>
}

/** How long a request waits for its key to be read again, in milliseconds. */
const keyPatienceMs = 1000

/** @throws DatabaseError where the database cannot be opened or does not meet `mode`; NoDatabaseError where there is none. */
export async function openStores(location: StoreLocation, mode: SchemaMode): Promise<Stores> {
	const database = await openDatabase(location, mode)
	const local = location.database === 'sqlite'
	const silent = () => database.reconnect()
	const probed = reachable({ check: () => database.check() }, silent)
	return {
		keys: withMemory(reachable(new SqlKeyStore(database), silent), {
			changes: openChanges(location.keyChangesFile, mode),
			rememberMs: local ? 10_000 : 2000,
			nowMs: () => performance.now(),
			patience: () => Bun.sleep(keyPatienceMs),
		}),
		conversations: reachable(new SqlConversationStore(database), silent),
		ledger: reachable(new SqlLedgerStore(database), silent),
		migrated: database.migrated,
		check: () => probed.check(),
		close: () => database.close(),
	}
}

type DatabaseLocation = Pick<StoreLocation, 'database' | 'databaseFile'>

/**
 * @throws DatabaseError where it cannot be opened or does not meet `mode`, NoDatabaseError where there is none. Messages hold no
 * password.
 */
export async function openDatabase(location: DatabaseLocation, mode: SchemaMode) {
	const { database, databaseFile } = location
	try {
		return await (database === 'sqlite' ? openSqlite(databaseFile, mode) : openPostgres(database, undefined, mode))
	} catch (cause) {
		const name = databaseName(location)
		const reason = cause instanceof Error ? cause.message : String(cause)
		if (cause instanceof SchemaError && cause.type === 'missing')
			throw new NoDatabaseError(`no database at ${name} (${reason})`, { cause })
		if (cause instanceof SchemaError && cause.type === 'outdated')
			throw new DatabaseError(
				`the database ${name} was created by an older version (${reason}): run \`dragoman migrate\` first`,
				{ cause },
			)
		throw new DatabaseError(`The database ${name} cannot be opened: ${reason}`, { cause })
	}
}

/** What a person calls the database: the file of SQLite, or host and database of PostgreSQL, without user and password. */
export function databaseName({ database, databaseFile }: DatabaseLocation): string {
	return database === 'sqlite' ? databaseFile : placeOf(database)
}

/** Where no server has used the data folder, no process reads the file: none is created for it. */
function openChanges(file: string, mode: SchemaMode): ChangeCounter {
	return mode === 'create' || existsSync(file) ? openChangeCounter(file) : { read: () => 0, bump: () => undefined }
}

function placeOf(url: string): string {
	const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: 'of the configuration', pathname: '' }
	return `${host}${pathname}`
}
