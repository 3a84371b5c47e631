// Everything that a deployment keeps: in its database, with the keys that were read remembered.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import { openChangeCounter } from '../files/change-counter.ts'
import { describeSystemError } from '../files/system-error.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { databasePlace, databaseSecrets, databaseUrlProblem, encodingHint } from '../secrets/database-url.ts'
import { hideCredentials, redactorOf } from '../secrets/redaction.ts'
import { DatabaseError } from './database-error.ts'
import { openPostgres } from './sql/postgres.ts'
import { reachable } from './sql/reachable.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
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

/** @throws DatabaseError as `openDatabase`. */
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

/**
 * @throws DatabaseError if it cannot be opened or brought up to date, or was written by a newer version. The message contains no password,
 * and nothing of a URL that may have been misread.
 */
export async function openDatabase({ database, databaseFile }: Pick<StoreLocation, 'database' | 'databaseFile'>) {
	if (database === 'sqlite') return explainOpening(() => openSqlite(databaseFile), databaseFile, [])
	const problem = databaseUrlProblem(database)
	if (problem !== undefined) throw new DatabaseError(`The database of the configuration cannot be opened: ${problem}`)
	return explainOpening(() => openPostgres(database), databasePlace(database), databaseSecrets(database))
}

async function explainOpening(
	open: () => Promise<SqlDatabase>,
	place: string | undefined,
	secrets: readonly string[],
): Promise<SqlDatabase> {
	try {
		return await open()
	} catch (cause) {
		if (cause instanceof DatabaseError) throw cause
		if (place === undefined)
			throw new DatabaseError(`The database of the configuration cannot be opened: ${encodingHint}`)
		const reason = redactorOf(secrets)(
			hideCredentials(cause instanceof Error ? describeSystemError(cause) : String(cause)),
		)
		throw new DatabaseError(`The database ${place} cannot be opened: ${reason}`, { cause })
	}
}
