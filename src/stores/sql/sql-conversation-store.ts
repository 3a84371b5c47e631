// Conversations in a database. Writes go through the process's single writer; reads use a separate connection. Each of
// the store's five parts is in a file of its own.

import type { Metadata } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { ConversationStore, RemovalListener, ScopedConversations } from '../../conversations/conversation-store.ts'
import type { Maintenance } from '../../conversations/maintenance.ts'
import type { MessageId } from '../../conversations/message-id.ts'
import type { TurnId } from '../../conversations/turn-id.ts'
import type { NewTurn, TurnEnd, TurnQuery, Turns } from '../../conversations/turns.ts'
import { type Scope, sharePathOf } from '../../keys/scope.ts'
import type { Occupancy } from '../../system/occupancy.ts'
import { BodyWriter } from './body-writer.ts'
import { explainingFailures } from './database-failure.ts'
import { SqlConversationIndex } from './sql-conversation-index.ts'
import type { SqlDatabase } from './sql-database.ts'
import { SqlHistory } from './sql-history.ts'
import { SqlMaintenance } from './sql-maintenance.ts'
import { SqlShares } from './sql-shares.ts'
import { SqlTurns } from './sql-turns.ts'
import { messagesOf } from './turn-end.ts'

export class SqlConversationStore implements ConversationStore {
	readonly maintenance: Maintenance
	private readonly database: SqlDatabase
	private readonly bodies: BodyWriter
	private readonly listeners: RemovalListener[] = []

	/** @param occupancy of the event loop, in which long messages take turns with other work. */
	constructor(database: SqlDatabase, occupancy?: Occupancy) {
		this.database = database
		this.bodies = new BodyWriter(occupancy)
		this.maintenance = new SqlMaintenance(database)
	}

	in(scope: Scope): ScopedConversations {
		const removing: RemovalListener = async (...removed) => {
			for (const listener of this.listeners) await listener(...removed)
		}
		const { database, bodies } = this
		const reads = database.readsOf(sharePathOf(scope))
		return {
			index: new SqlConversationIndex(database, scope, { reads, bodies, removing }),
			history: new SqlHistory(database, scope, { reads, bodies }),
			turns: new SqlTurns(database, scope, { reads, bodies, removing }),
			shares: new SqlShares(database, scope, { reads, bodies }),
		}
	}

	subscribe(listener: RemovalListener): void {
		this.listeners.push(listener)
	}
}

/** Writes the bodies of messages before the time begins that the database has to store them. */
class WrittenTurns implements Turns {
	private readonly turns: SqlTurns
	private readonly explained: SqlTurns

	constructor(turns: SqlTurns, explained: SqlTurns) {
		this.turns = turns
		this.explained = explained
	}

	async begin(turn: NewTurn) {
		return this.explained.begin(turn, await this.turns.writeBodies(turn.inputs))
	}

	async end(id: TurnId, ended: TurnEnd): Promise<void> {
		return this.explained.end(id, ended, await this.turns.writeBodies(messagesOf(ended)))
	}

	drop(id: TurnId) {
		return this.explained.drop(id)
	}

	find(id: TurnId) {
		return this.explained.find(id)
	}

	list(query: TurnQuery) {
		return this.explained.list(query)
	}

	update(id: TurnId, metadata: Metadata) {
		return this.explained.update(id, metadata)
	}

	remove(id: TurnId) {
		return this.explained.remove(id)
	}

	removeFrom(conversation: ConversationId, id: MessageId, nowMs: number) {
		return this.explained.removeFrom(conversation, id, nowMs)
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
				turns: turns instanceof SqlTurns ? new WrittenTurns(turns, explaining(turns)) : explaining(turns),
				shares: explaining(shares),
			}
		},
		maintenance: explaining(store.maintenance),
		subscribe: (listener) => store.subscribe(listener),
	}
}
