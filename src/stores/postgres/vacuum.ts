// Vacuums the tables that may contain texts of callers, in the background and over a connection of its own: a large
// table takes minutes.

import type { PostgresClient } from './postgres-client.ts'

/** Minimum interval between vacuums, in milliseconds. */
const vacuumEveryMs = 60_000
const vacuumed = ['messages', 'turns', 'texts', 'conversations']

/** Returns a function that starts a vacuum. After a failure, PostgreSQL's autovacuum does the work later. */
export function vacuumFrom(client: PostgresClient): () => void {
	let vacuumedMs = Number.NEGATIVE_INFINITY
	const vacuum = async () => {
		const opened = client.open({ name: 'vacuum', max: 1 })
		try {
			for (const table of vacuumed) await opened.sql.unsafe(`VACUUM (SKIP_LOCKED) ${table}`)
		} finally {
			await opened.client.close({ timeout: 0 })
		}
	}
	return () => {
		if (performance.now() - vacuumedMs < vacuumEveryMs) return
		vacuumedMs = performance.now()
		vacuum().catch(() => undefined)
	}
}
