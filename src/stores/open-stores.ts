// Opens the stores of a deployment: its database, with a cache for API keys. It does not know the kinds of databases;
// list.ts does.

import { existsSync } from 'node:fs'
import type { ConversationStore } from '../conversations/conversation-store.ts'
import { withCache } from '../keys/cached-key-store.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import type { ProcessStore } from '../processes/process-store.ts'
import { type ChangeCounter, openChangeCounter } from '../system/change-counter.ts'
import type { Occupancy } from '../system/occupancy.ts'
import { hideCredentials, redactorOf } from '../system/redaction.ts'
import { describeSystemError } from '../system/system-error.ts'
import { DatabaseError, NoDatabaseError } from './database-error.ts'
import { encodingHint } from './database-url.ts'
import type { StoreKind } from './kind.ts'
import { findStoreKind } from './list.ts'
import { SchemaError, type SchemaMode } from './migrations/schema.ts'
import { explainingFailures } from './sql/database-failure.ts'
import { explainingConversations, SqlConversationStore } from './sql/sql-conversation-store.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { SqlProcessStore } from './sql/sql-process-store.ts'

export interface StoreLocation {
	/** The address of the database: see `StoreKind`. */
	readonly database: string
	/** Counter that every process increments when it creates or revokes a key. */
	readonly keyChangesFile: string
}

export interface Stores {
	readonly keys: KeyStore
	readonly conversations: ConversationStore
	readonly ledger: LedgerStore
	readonly processes: ProcessStore
	/** The migration steps that were applied. */
	readonly migrated: readonly string[]
	/** @throws ChatError `unavailable` or Error if the database cannot be read. */
	check(): Promise<void>
	close(): Promise<void>
}

/** How long a request with a cached key waits for the database, in milliseconds. */
const keyTimeoutMs = 1000

/**
 * @param occupancy of the event loop, in which long messages take turns with other work.
 * @throws DatabaseError if the database cannot be opened or does not meet `mode`, NoDatabaseError if there is none.
 */
export async function openStores(location: StoreLocation, mode: SchemaMode, occupancy?: Occupancy): Promise<Stores> {
	const database = await openDatabase(location.database, mode)
	const checked = explainingFailures({ check: () => database.check() }, database)
	const [keys, conversations, ledger] = [
		database.separate('keys'),
		database.separate('conversations'),
		database.separate('ledger'),
	]
	return {
		keys: withCache(explainingFailures(new SqlKeyStore(keys), keys), {
			changes: openChanges(location.keyChangesFile, mode),
			ttlMs: isLocal(location.database) ? 10_000 : 2000,
			nowMs: () => performance.now(),
			timeout: () => Bun.sleep(keyTimeoutMs),
		}),
		conversations: explainingConversations(new SqlConversationStore(conversations, occupancy), conversations),
		ledger: explainingFailures(new SqlLedgerStore(ledger), ledger),
		processes: explainingFailures(new SqlProcessStore(database, conversations), database),
		migrated: database.migrated,
		check: () => checked.check(),
		close: () => database.close(),
	}
}

/**
 * @param address see `StoreKind`.
 * @throws DatabaseError if it cannot be opened, does not meet `mode` or was written by a newer version, NoDatabaseError
 * if there is none. Messages contain no password, and no part of a URL that may have been parsed incorrectly.
 */
export async function openDatabase(address: string, mode: SchemaMode): Promise<SqlDatabase> {
	const kind = findStoreKind(address)
	if (kind === undefined) throw new DatabaseError('The configured database is of an unknown kind.')
	const problem = kind.problem(address)
	if (problem !== undefined) throw new DatabaseError(`The configured database cannot be opened: ${problem}`)
	try {
		return await kind.open(address, mode)
	} catch (thrown) {
		throw openingError(thrown, kind, address)
	}
}

/** @param cause an error of the kind's `open` or `backups`. */
export function openingError(cause: unknown, kind: StoreKind, address: string): DatabaseError {
	if (cause instanceof DatabaseError) return cause
	const name = kind.nameOf(address)
	if (cause instanceof SchemaError) return schemaError(cause, name ?? unnamed)
	if (name === undefined) return new DatabaseError(`The configured database cannot be opened: ${encodingHint}`)
	const reason = redactorOf(kind.secretsOf(address))(
		hideCredentials(cause instanceof Error ? describeSystemError(cause) : String(cause)),
	)
	const remedy = isDenied(cause) ? '; run the command as the user of the server' : ''
	return new DatabaseError(`The database ${name} cannot be opened: ${reason}${remedy}`, { cause })
}

function isDenied(cause: unknown): boolean {
	return /^(EACCES|EPERM)$/.test(String(Reflect.get(Object(cause), 'code')))
}

function schemaError(cause: SchemaError, name: string): DatabaseError {
	if (cause.type === 'missing') return new NoDatabaseError(`no database at ${name} (${cause.message})`, { cause })
	return new DatabaseError(
		`the database ${name} was created by an older version (${cause.message}): run \`dragoman migrate\` first`,
		{ cause },
	)
}

const unnamed = 'the configured URL'

/** The name of the database in messages, without user and password. */
export function databaseName(address: string): string {
	return findStoreKind(address)?.nameOf(address) ?? unnamed
}

/** Whether only processes of this host use the database. */
export function isLocal(address: string): boolean {
	return findStoreKind(address)?.local ?? false
}

/** Does not create the file if no server has used the data folder, because no process reads it then. */
function openChanges(file: string, mode: SchemaMode): ChangeCounter {
	return mode === 'create' || existsSync(file) ? openChangeCounter(file) : { read: () => 0, bump: () => undefined }
}
