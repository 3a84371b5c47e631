// Maintenance of the conversations of all scopes, in a database.

import type { Maintenance } from '../../conversations/maintenance.ts'
import { inputId } from '../../conversations/message-id.ts'
import { turnId } from '../../conversations/turn-id.ts'
import { ownerId, tenantId } from '../../keys/scope.ts'
import { eraseConversations } from './conversation-removal.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Conversations per call. */
const conversationsPerExpiry = 100

export class SqlMaintenance implements Maintenance {
	private readonly database: SqlDatabase

	constructor(database: SqlDatabase) {
		this.database = database
	}

	async interrupt(process: string, nowMs: number): Promise<number> {
		return this.database.write(async (sql) => {
			const rows =
				await sql`SELECT id, conversation, parent, inputs FROM turns WHERE process = ${process} AND state = 'running'`
			for (const { id, conversation, parent, inputs } of rows) {
				await sql`UPDATE turns SET state = 'interrupted', ended_at_ms = ${nowMs} WHERE id = ${id}`
				if (Number(inputs) === 0) continue
				// The inputs become the head, unless another turn has moved it since.
				await sql`
					UPDATE conversations SET head = ${inputId(turnId(String(id)), Number(inputs) - 1)}
					WHERE id = ${conversation} AND COALESCE(head, '') = ${parent ?? ''}`
			}
			return rows.length
		})
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
