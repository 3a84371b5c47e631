// Asks the server, over a new connection, about the connections of a process that does not receive responses: a closed
// connection does not end a query that waits for a lock.

import { timeoutMs } from '../sql/database-failure.ts'
import type { PostgresClient } from './postgres-client.ts'

export interface ExaminedConnections {
	/** Application names of connections for reading. Their queries end if they are older than the timeout. */
	readonly readers: readonly [string, string]
	/** Application name of the connection for writing. */
	readonly writer: string
}

export interface Examination {
	/** The server has a transaction of the writer. */
	readonly writing: boolean
	/** The server has run reads for half a second, some of which may be for callers that no longer wait. */
	readonly reading: boolean
}

/** @returns undefined if the server does not respond. Never rejects. */
export async function endStalledReads(
	client: PostgresClient,
	{ readers, writer }: ExaminedConnections,
): Promise<Examination | undefined> {
	const opened = client.open({ name: 'examine', max: 1 })
	const timer = setTimeout(() => void opened.client.close({ timeout: 0 }).catch(() => undefined), timeoutMs)
	try {
		const { sql } = opened
		for (const reader of readers)
			await sql`
				SELECT pg_cancel_backend(pid) FROM pg_stat_activity
				WHERE application_name = ${reader} AND state = 'active'
					AND query_start < clock_timestamp() - make_interval(secs => ${timeoutMs / 1000})`
		const [found] = await sql`
			SELECT COUNT(*) FILTER (WHERE application_name = ${writer}) AS writing,
				COUNT(*) FILTER (WHERE application_name <> ${writer} AND query_start < clock_timestamp() - interval '500 ms') AS reading
			FROM pg_stat_activity
			WHERE application_name IN (${writer}, ${readers[0]}, ${readers[1]}) AND state IS DISTINCT FROM 'idle'`
		return { writing: Number(found?.writing) > 0, reading: Number(found?.reading) > 0 }
	} catch {
		return undefined
	} finally {
		clearTimeout(timer)
		void opened.client.close({ timeout: 0 }).catch(() => undefined)
	}
}
