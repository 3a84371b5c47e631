// Asks the server, over a new connection, about the connections of a process that does not receive responses: a closed
// connection does not end a query that waits for a lock.

import { timeoutMs } from '../sql/database-failure.ts'
import type { PostgresClient } from './postgres-client.ts'

export interface ExaminedConnections {
	/** Application names of connections for reading. Their queries end if they are older than the timeout. */
	readonly readers: readonly string[]
	/** Application name of the connection for writing. */
	readonly writer: string
}

/**
 * @returns `writer` if the server runs a transaction of the writer, `no-writer` if it does not, undefined if the server
 * does not respond. Never rejects.
 */
export async function endStalledReads(
	client: PostgresClient,
	{ readers, writer }: ExaminedConnections,
): Promise<'writer' | 'no-writer' | undefined> {
	const opened = client.open({ name: 'examine', max: 1 })
	const timer = setTimeout(() => void opened.client.close({ timeout: 0 }).catch(() => undefined), timeoutMs)
	try {
		const { sql } = opened
		for (const reader of readers)
			await sql`
				SELECT pg_cancel_backend(pid) FROM pg_stat_activity
				WHERE application_name = ${reader} AND state = 'active'
					AND query_start < clock_timestamp() - make_interval(secs => ${timeoutMs / 1000})`
		const running = await sql`
			SELECT pid FROM pg_stat_activity WHERE application_name = ${writer} AND state IS DISTINCT FROM 'idle'`
		return running.length > 0 ? 'writer' : 'no-writer'
	} catch {
		return undefined
	} finally {
		clearTimeout(timer)
		void opened.client.close({ timeout: 0 }).catch(() => undefined)
	}
}
