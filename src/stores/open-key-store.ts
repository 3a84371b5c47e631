// The keys of a deployment: in its database, with what was read remembered.

import { openChangeCounter } from '../files/change-counter.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { withMemory } from '../keys/remembered-key-store.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { openSqlite } from './sql/sqlite.ts'

export interface KeyFiles {
	/** SQLite's, made where it does not exist. */
	readonly databaseFile: string
	/** Counted up whenever a key is made or revoked, by every process that does. */
	readonly keyChangesFile: string
}

export async function openKeyStore({ databaseFile, keyChangesFile }: KeyFiles): Promise<KeyStore> {
	const store = new SqlKeyStore(await openSqlite(databaseFile))
	return withMemory(store, { changes: openChangeCounter(keyChangesFile), nowMs: () => performance.now() })
}
