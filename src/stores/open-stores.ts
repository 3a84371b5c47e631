// Everything that a deployment keeps: in its database, with the keys that were read remembered.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import { openChangeCounter } from '../files/change-counter.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import type { LedgerStore } from '../ledger/ledger-store.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { openSqlite } from './sql/sqlite.ts'

export interface StoreLocation {
	/** SQLite's, made where it does not exist. */
	readonly databaseFile: string
	/** Counted up whenever a key is made or revoked, by every process that does. */
	readonly keyChangesFile: string
}

export interface Stores {
	readonly keys: KeyStore
	readonly conversations: ConversationStore
	readonly ledger: LedgerStore
	close(): Promise<void>
}

/** @throws Error where the database cannot be opened or brought up to date. */
export async function openStores({ databaseFile, keyChangesFile }: StoreLocation): Promise<Stores> {
	const database = await openSqlite(databaseFile)
	const changes = openChangeCounter(keyChangesFile)
	return {
		keys: withMemory(new SqlKeyStore(database), { changes, nowMs: () => performance.now() }),
		conversations: new SqlConversationStore(database),
		ledger: new SqlLedgerStore(database),
		close: () => database.close(),
	}
}
