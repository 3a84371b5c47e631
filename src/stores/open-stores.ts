// Opens the stores of a deployment: its database, with a cache for API keys.

import { existsSync } from 'node:fs'
import type { ConversationStore } from '../conversations/conversation-store.ts'
import { withCache } from '../keys/cached-key-store.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { type ChangeCounter, openChangeCounter } from '../system/change-counter.ts'
import { databaseLocation, databaseSecrets, databaseUrlProblem, encodingHint } from '../system/database-url.ts'
import { hideCredentials, redactorOf } from '../system/redaction.ts'
import { describeSystemError } from '../system/system-error.ts'
import { DatabaseError, NoDatabaseError } from './database-error.ts'
import { reachable } from './sql/connection-failure.ts'
import { openPostgres } from './sql/postgres.ts'
import { SchemaError, type SchemaMode } from './sql/schema.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { openSqlite } from './sql/sqlite.ts'

export interface StoreLocation {
	/** `sqlite`, or the URL of a PostgreSQL database. */
	readonly database: string
	/** File of the SQLite database. */
	readonly databaseFile: string
	/** Counter that every process increments when it creates or revokes a key. */
	readonly keyChangesFile: string
}

export interface Stores {
	readonly keys: KeyStore
	readonly conversations: ConversationStore
	readonly ledger: LedgerStore
	/** The migration steps that were applied. */
	readonly migrated: readonly string[]
	/** @throws ChatError `unavailable` or Error if the database cannot be read. */
	check(): Promise<void>
	close(): Promise<void>
}

/** How long a request with a cached key waits for the database, in milliseconds. */
const keyPatienceMs = 1000

/** @throws DatabaseError if the database cannot be opened or does not meet `mode`, NoDatabaseError if there is none. */
export async function openStores(location: StoreLocation, mode: SchemaMode): Promise<Stores> {
	const database = await openDatabase(location, mode)
	const local = location.database === 'sqlite'
	const silent = () => database.reconnect()
	const probed = reachable({ check: () => database.check() }, silent)
	return {
		keys: withCache(reachable(new SqlKeyStore(database), silent), {
			changes: openChanges(location.keyChangesFile, mode),
			ttlMs: local ? 10_000 : 2000,
			nowMs: () => performance.now(),
			timeout: () => Bun.sleep(keyPatienceMs),
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
 * @throws DatabaseError if it cannot be opened, does not meet `mode` or was written by a newer version, NoDatabaseError if there is none.
 * Messages contain no password, and no part of a URL that may have been parsed incorrectly.
 */
export async function openDatabase(location: DatabaseLocation, mode: SchemaMode): Promise<SqlDatabase> {
	const { database, databaseFile } = location
	if (database === 'sqlite') return explainOpening(() => openSqlite(databaseFile, mode), databaseFile, [])
	const problem = databaseUrlProblem(database)
	if (problem !== undefined) throw new DatabaseError(`The database of the configuration cannot be opened: ${problem}`)
	const open = () => openPostgres(database, undefined, mode)
	return explainOpening(open, databaseLocation(database), databaseSecrets(database))
}

async function explainOpening(
	open: () => Promise<SqlDatabase>,
	name: string | undefined,
	secrets: readonly string[],
): Promise<SqlDatabase> {
	try {
		return await open()
	} catch (cause) {
		if (cause instanceof DatabaseError) throw cause
		if (cause instanceof SchemaError) throw explainSchema(cause, name ?? unnamed)
		if (name === undefined)
			throw new DatabaseError(`The database of the configuration cannot be opened: ${encodingHint}`)
		const reason = redactorOf(secrets)(
			hideCredentials(cause instanceof Error ? describeSystemError(cause) : String(cause)),
		)
		throw new DatabaseError(`The database ${name} cannot be opened: ${reason}`, { cause })
	}
}

function explainSchema(cause: SchemaError, name: string): DatabaseError {
	if (cause.type === 'missing') return new NoDatabaseError(`no database at ${name} (${cause.message})`, { cause })
	return new DatabaseError(
		`the database ${name} was created by an older version (${cause.message}): run \`dragoman migrate\` first`,
		{ cause },
	)
}

const unnamed = 'the URL of the configuration'

/** The name of the database in messages: the file of SQLite, or host and database of PostgreSQL, without user and password. */
export function databaseName({ database, databaseFile }: DatabaseLocation): string {
	return database === 'sqlite' ? databaseFile : (databaseLocation(database) ?? unnamed)
}

/** Does not create the file if no server has used the data folder, because no process reads it then. */
function openChanges(file: string, mode: SchemaMode): ChangeCounter {
	return mode === 'create' || existsSync(file) ? openChangeCounter(file) : { read: () => 0, bump: () => undefined }
}
