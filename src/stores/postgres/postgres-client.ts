// Opens connections to PostgreSQL, with limits on locks and idle transactions. It does not know the tables or which
// store uses a connection.

import { SQL } from 'bun'
import type { Sql } from '../sql/sql.ts'
import { connectionTimeout, type Pooling } from './pooling.ts'
import type { PostgresAddress } from './postgres-address.ts'
import { postgresSql } from './postgres-connection.ts'

/**
 * A gateway that disappears during a transaction must not lock a conversation until the TCP connection times out. In
 * milliseconds.
 */
const idleTransactionMs = 30_000
/** Minimum interval between two losses of the session that are not evidence of a pooler, in milliseconds. */
const unrelatedMs = 60_000

export interface ConnectionUse {
	/** Part of the application name, by which the server lists these connections. */
	readonly name: string
	readonly max: number
	/** How long a statement waits for a lock, in milliseconds; unlimited if absent. */
	readonly lockTimeoutMs?: number | undefined
}

export interface OpenedClient {
	readonly client: SQL
	readonly sql: Sql
}

export class PostgresClient {
	readonly pooling: Pooling
	private readonly url: string
	private readonly token = crypto.randomUUID().slice(0, 8)
	private prepare: boolean
	private sessionLostMs = Number.NEGATIVE_INFINITY

	constructor({ url, prepare }: PostgresAddress, pooling: Pooling) {
		this.url = url
		this.pooling = pooling
		this.prepare = prepare ?? pooling !== 'transaction'
	}

	open(use: ConnectionUse): OpenedClient {
		const { name, max } = use
		const limits = limitsOf(use)
		const direct = this.pooling === 'none'
		const application = { application_name: this.applicationName(name) }
		const client = new SQL(this.url, {
			max,
			connectionTimeout,
			prepare: this.prepare,
			// Poolers refuse other parameters than the name.
			connection: direct ? { ...application, ...limits } : application,
		})
		const settings = Object.entries(limits).map(([limit, value]) => `SET LOCAL ${limit} = ${value}`)
		return { client, sql: postgresSql(client, direct ? undefined : settings.join('; ')) }
	}

	/** Different for each process. */
	applicationName(name: string): string {
		return `dragoman ${this.token} ${name}`
	}

	/**
	 * To be called if a connection turns out not to be in the session in which it prepared its statements. If that
	 * happens twice in a short time, statements are no longer prepared: there is a pooler that was not detected.
	 *
	 * @returns whether all connections must be replaced for that.
	 */
	loseSession(): boolean {
		const again = performance.now() - this.sessionLostMs < unrelatedMs
		this.sessionLostMs = performance.now()
		if (!again || !this.prepare) return false
		this.prepare = false
		return true
	}
}

/** Settings of the server with their values. */
function limitsOf({ lockTimeoutMs }: ConnectionUse): Readonly<Record<string, number>> {
	const idle = { idle_in_transaction_session_timeout: idleTransactionMs }
	return lockTimeoutMs === undefined ? idle : { ...idle, lock_timeout: lockTimeoutMs }
}
