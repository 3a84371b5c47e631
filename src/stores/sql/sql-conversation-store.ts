// Conversations in a database. Writes go through the process's single writer; reads use a separate connection. Each of
// the store's five parts is in a file of its own.

import type { ConversationStore, RemovalListener, ScopedConversations } from '../../conversations/conversation-store.ts'
import type { Maintenance } from '../../conversations/maintenance.ts'
import type { Scope } from '../../keys/scope.ts'
import { explainingFailures } from './database-failure.ts'
import { SqlConversationIndex } from './sql-conversation-index.ts'
import type { SqlDatabase } from './sql-database.ts'
import { SqlHistory } from './sql-history.ts'
import { SqlMaintenance } from './sql-maintenance.ts'
import { SqlShares } from './sql-shares.ts'
import { SqlTurns } from './sql-turns.ts'

export class SqlConversationStore implements ConversationStore {
	readonly maintenance: Maintenance
	private readonly database: SqlDatabase
	private readonly listeners: RemovalListener[] = []

	constructor(database: SqlDatabase) {
		this.database = database
		this.maintenance = new SqlMaintenance(database)
	}

	in(scope: Scope): ScopedConversations {
		const removing: RemovalListener = async (...removed) => {
			for (const listener of this.listeners) await listener(...removed)
		}
		return {
			index: new SqlConversationIndex(this.database, scope, removing),
			history: new SqlHistory(this.database, scope),
			turns: new SqlTurns(this.database, scope, removing),
			shares: new SqlShares(this.database, scope),
		}
	}

	subscribe(listener: RemovalListener): void {
		this.listeners.push(listener)
	}
}

/** Wraps every part of `store`: see `explainingFailures`. */
export function explainingConversations(store: ConversationStore, database: SqlDatabase): ConversationStore {
	const explaining = <Part extends object>(part: Part): Part => explainingFailures(part, database)
	return {
		in(scope) {
			const { index, history, turns, shares } = store.in(scope)
			return {
				index: explaining(index),
				history: explaining(history),
				turns: explaining(turns),
				shares: explaining(shares),
			}
		},
		maintenance: explaining(store.maintenance),
		subscribe: (listener) => store.subscribe(listener),
	}
}
