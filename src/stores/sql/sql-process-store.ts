// The processes that run turns, in a database.

import type { KnownProcess, OwnProcess, ProcessStore } from '../../processes/process-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { interruptTurns } from './turn-interruption.ts'

/** For clients. */
const lost = { code: 'unavailable', message: 'The server process that was answering stopped responding.' }

export class SqlProcessStore implements ProcessStore {
	private readonly database: SqlDatabase
	private readonly turns: SqlDatabase

	/** @param turns for statements that read or end turns, so that a lock on them delays no heartbeat. */
	constructor(database: SqlDatabase, turns: SqlDatabase = database) {
		this.database = database
		this.turns = turns
	}

	async beat({ id, host, generation }: OwnProcess): Promise<number> {
		return this.database.write(async (sql) => {
			const clockMs = () => sql.raw(this.database.clockMs)
			const [updated] = await sql`
				UPDATE processes SET beats = beats + 1, beat_at_ms = ${clockMs()} WHERE id = ${id} RETURNING generation`
			if (updated !== undefined) return Number(updated.generation)
			await sql`
				INSERT INTO processes (id, generation, host, started_at_ms, beat_at_ms, beats)
				VALUES (${id}, ${generation}, ${host}, ${clockMs()}, ${clockMs()}, 1)`
			return generation
		})
	}

	async list(): Promise<readonly KnownProcess[]> {
		const { sql } = this.turns
		const rows = await sql`
			SELECT id, host, beats FROM processes
			UNION ALL
			SELECT DISTINCT process AS id, '' AS host, 0 AS beats FROM turns
			WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = turns.process)`
		return Array.from(rows, ({ id, host, beats }) => ({ id: String(id), host: String(host), beats: Number(beats) }))
	}

	async end({ id, beats }: KnownProcess, nowMs: number): Promise<number | undefined> {
		return this.turns.write(async (sql) => {
			const removed = await sql`DELETE FROM processes WHERE id = ${id} AND beats = ${beats} RETURNING id`
			const [row] = await sql`SELECT id FROM processes WHERE id = ${id}`
			if (row !== undefined || (removed.length === 0 && beats > 0)) return undefined
			return interruptTurns(this.turns, sql, id, { nowMs, error: lost })
		})
	}

	async leave(id: string): Promise<void> {
		await this.turns.write(
			(sql) => sql`
				DELETE FROM processes WHERE id = ${id}
					AND NOT EXISTS (SELECT 1 FROM turns WHERE process = ${id} AND state = 'running')`,
		)
	}
}
