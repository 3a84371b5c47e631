// The contract of every database: all stores on it fulfil their own contracts. Each database folder runs it;
// list.test.ts checks that.

import { conversationStoreContract } from '../conversations/conversation-store.contract.ts'
import { keyStoreContract } from '../keys/key-store.contract.ts'
import { ledgerStoreContract } from '../ledger/ledger-store.contract.ts'
import { processStoreContract } from '../processes/process-store.contract.ts'
import { SqlConversationStore } from './sql/sql-conversation-store.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
import { SqlKeyStore } from './sql/sql-key-store.ts'
import { SqlLedgerStore } from './sql/sql-ledger-store.ts'
import { SqlProcessStore } from './sql/sql-process-store.ts'

/** @param open opens a new, empty database. Closing it may also remove it. */
export function databaseContract(name: string, open: () => Promise<SqlDatabase>): void {
	keyStoreContract(name, async () => new SqlKeyStore(await open()))
	conversationStoreContract(name, async () => {
		const database = await open()
		return { store: new SqlConversationStore(database), close: () => database.close() }
	})
	processStoreContract(name, async () => {
		const database = await open()
		return {
			processes: new SqlProcessStore(database),
			conversations: new SqlConversationStore(database),
			close: () => database.close(),
		}
	})
	ledgerStoreContract(name, async () => {
		const database = await open()
		return { store: new SqlLedgerStore(database), close: () => database.close() }
	})
}
