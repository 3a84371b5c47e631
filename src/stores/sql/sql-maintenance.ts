// Maintenance of the conversations of all scopes, in a database.

import type { Maintenance, RunningTurn } from '../../conversations/maintenance.ts'
import { turnId } from '../../conversations/turn-id.ts'
import { ownerId, tenantId } from '../../keys/scope.ts'
import { eraseConversations } from './conversation-removal.ts'
import type { SqlDatabase } from './sql-database.ts'
import { interruptTurns } from './turn-interruption.ts'

/** Conversations per call. */
const conversationsPerExpiry = 100

export class SqlMaintenance implements Maintenance {
	private readonly database: SqlDatabase

	constructor(database: SqlDatabase) {
		this.database = database
	}

	async running(process: string): Promise<readonly RunningTurn[]> {
		const rows = await this.database.sql`
			SELECT id, tenant, owner FROM turns WHERE process = ${process} AND state = 'running'`
		return Array.from(rows, ({ id, tenant, owner }) => ({
			id: turnId(String(id)),
			scope: { tenant: tenantId(String(tenant)), owner: ownerId(String(owner)) },
		}))
	}

	interrupt(process: string, nowMs: number): Promise<number> {
		return this.database.write((sql) => interruptTurns(this.database, sql, process, { nowMs }))
	}

	async expire(beforeMs: number): Promise<number> {
		const rows = await this.database.sql`
			SELECT id, tenant, owner FROM conversations WHERE updated_at_ms < ${beforeMs} LIMIT ${conversationsPerExpiry}`
		const count = await eraseConversations(
			this.database,
			Array.from(rows, ({ id, tenant, owner }) => ({
				id: String(id),
				scope: { tenant: tenantId(String(tenant)), owner: ownerId(String(owner)) },
				// A new turn may have updated the conversation since it was read.
				unchangedSinceMs: beforeMs,
			})),
		)
		if (count > 0) await this.database.erase()
		return count
	}
}
