// A connection pool that can be replaced. If the server stops responding, a connection hangs until TCP times out after
// a quarter of an hour, because the client has no timeout of its own.

import type { SharePath } from '../../system/fair-queue.ts'
import { timeoutMs } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import { FairReads } from './fair-reads.ts'
import type { ConnectionUse, OpenedClient, PostgresClient } from './postgres-client.ts'

interface OpenedPool extends OpenedClient {
	readonly reads: FairReads
}

export class Connections {
	readonly name: string
	private readonly open: () => OpenedPool
	private current: OpenedPool
	private openedMs = Number.NEGATIVE_INFINITY

	/** @param perConnection how many statements of callers each connection may have, of which it runs one. */
	constructor(client: PostgresClient, use: ConnectionUse, perConnection = 1) {
		this.name = client.applicationName(use.name)
		this.open = () => {
			const opened = client.open(use)
			return { ...opened, reads: new FairReads(opened.sql, use.max * perConnection) }
		}
		this.current = this.open()
	}

	get sql(): Sql {
		return this.current.sql
	}

	/** The pool for the statements of a caller, which take turns with those of other callers. */
	of(caller: SharePath): Sql {
		return this.current.reads.of(caller)
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
