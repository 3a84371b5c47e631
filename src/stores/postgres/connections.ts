// A connection pool that can be replaced. If the server stops responding, a connection hangs until TCP times out after
// a quarter of an hour, because the client has no timeout of its own.

import { timeoutMs } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import type { ConnectionUse, OpenedClient, PostgresClient } from './postgres-client.ts'

export class Connections {
	readonly name: string
	private readonly open: () => OpenedClient
	private current: OpenedClient
	private openedMs = Number.NEGATIVE_INFINITY

	constructor(client: PostgresClient, use: ConnectionUse) {
		this.name = client.applicationName(use.name)
		this.open = () => client.open(use)
		this.current = this.open()
	}

	get sql(): Sql {
		return this.current.sql
	}

	/**
	 * Replaces the pool. Queries on the old connections may continue for `graceMs`. Does nothing if the pool was replaced
	 * less than `intervalMs` ago.
	 */
	renew(graceMs: number, intervalMs = timeoutMs): void {
		if (performance.now() - this.openedMs < intervalMs) return
		void this.close(graceMs)
		this.current = this.open()
		this.openedMs = performance.now()
	}

	/** Never rejects. */
	async close(graceMs: number): Promise<void> {
		await this.current.client.close({ timeout: graceMs / 1000 }).catch(() => undefined)
	}
}
