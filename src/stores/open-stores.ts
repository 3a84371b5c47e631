// Everything that a deployment keeps: in its database, with the keys that were read remembered.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import { openChangeCounter } from '../files/change-counter.ts'
import { describeSystemError } from '../files/system-error.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { DatabaseError } from './database-error.ts'
import { openPostgres } from './sql/postgres.ts'
import { reachable } from './sql/reachable.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { openSqlite } from './sql/sqlite.ts'

export interface StoreLocation {
	/** `sqlite`, or the URL of a PostgreSQL database. */
	readonly database: string
	/** SQLite's, made where it does not exist. */
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
	close(): Promise<void>
}

/** How long a request waits for its key to be read again, in milliseconds. */
const keyPatienceMs = 1000

/** @throws DatabaseError where the database cannot be opened or brought up to date. */
export async function openStores(location: StoreLocation): Promise<Stores> {
	const database = await openDatabase(location)
	const local = location.database === 'sqlite'
	const silent = () => database.reconnect()
	return {
		keys: withMemory(reachable(new SqlKeyStore(database), silent), {
			changes: openChangeCounter(location.keyChangesFile),
			rememberMs: local ? 10_000 : 2000,
			nowMs: () => performance.now(),
			patience: () => Bun.sleep(keyPatienceMs),
		}),
		conversations: reachable(new SqlConversationStore(database), silent),
		ledger: reachable(new SqlLedgerStore(database), silent),
		migrated: database.migrated,
		close: () => database.close(),
	}
}

/** @throws DatabaseError where it cannot be opened or brought up to date; it tells no password. */
export async function openDatabase({ database, databaseFile }: Pick<StoreLocation, 'database' | 'databaseFile'>) {
	const local = database === 'sqlite'
	try {
		return await (local ? openSqlite(databaseFile) : openPostgres(database))
	} catch (cause) {
		const reason = cause instanceof Error ? describeSystemError(cause) : String(cause)
		throw new DatabaseError(`The database ${local ? databaseFile : placeOf(database)} cannot be opened: ${reason}`, {
			cause,
		})
	}
}

function placeOf(url: string): string {
	const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: 'of the configuration', pathname: '' }
	return `${host}${pathname}`
}
