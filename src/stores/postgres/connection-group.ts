// The connections of one group of stores: some for reading, one for the group's writer. A locked table delays only the
// group whose stores use it.

import type { SharePath } from '../../system/fair-queue.ts'
import { timeoutMs } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import type { Reads, StoreGroup } from '../sql/sql-database.ts'
import { Writer } from '../sql/writer.ts'
import { Connections } from './connections.ts'
import type { PostgresClient } from './postgres-client.ts'
import { explainPostgresFailure } from './postgres-failure.ts'
import { endStalledReads } from './stalled-reads.ts'

/** Shorter than the timeout of a caller, so that the connection is free again when the caller has been answered. */
const lockTimeoutMs = timeoutMs - 500

/** The next short statements are sent while one runs. */
const shortPerConnection = 4

/** Interval of examinations, in milliseconds. */
const examinationMs = 1000

/** Number of connections. `slow`: those for slow reads, if they are separate. */
const sizes: Readonly<Record<StoreGroup, { readonly reading: number; readonly slow: number }>> = {
	conversations: { reading: 4, slow: 2 },
	ledger: { reading: 2, slow: 0 },
	keys: { reading: 2, slow: 0 },
}

/** Connections of a process, those of the writers included. */
export const connectionsPerProcess = Object.values(sizes).reduce(
	(sum, { reading, slow }) => sum + reading + slow + 1,
	0,
)

export class ConnectionGroup {
	readonly writer: Writer
	private readonly client: PostgresClient
	private readonly reading: Connections
	private readonly slow: Connections
	private readonly writing: Connections
	private readonly writerTimeoutMs: number
	private examining = false
	private closed = false

	/** @param writerTimeoutMs milliseconds after which the connection of a running transaction is considered dead. */
	constructor(client: PostgresClient, group: StoreGroup, writerTimeoutMs: number) {
		const { reading, slow } = sizes[group]
		const connections = (name: string, max: number, perConnection?: number) =>
			new Connections(client, { name: `${group} ${name}`, max, lockTimeoutMs }, perConnection)
		this.client = client
		this.writerTimeoutMs = writerTimeoutMs
		this.reading = connections('read', reading, shortPerConnection)
		this.slow = slow === 0 ? this.reading : connections('slow', slow)
		this.writing = connections('write', 1)
		this.writer = new Writer({ sql: () => this.writing.sql, explain: explainPostgresFailure })
	}

	get sql(): Sql {
		return this.reading.sql
	}

	get slowSql(): Sql {
		return this.slow.sql
	}

	readonly search: Reads['search'] = (timeout, work) => searchOn(this.slow.sql, timeout, work)

	/** See `SqlDatabase`. */
	readsOf(caller: SharePath): Reads {
		const { reading, slow } = this
		return {
			get sql() {
				return reading.of(caller)
			},
			get slowSql() {
				return slow.of(caller)
			},
			search: (timeout, work) => searchOn(slow.of(caller), timeout, work),
		}
	}

	/**
	 * Replaces the connections for reading, which may be dead, and that for writing if its transaction takes too long, or
	 * if the server does not know of one.
	 */
	reconnect(): void {
		// Queries of other callers may be slow without the connection being dead.
		for (const connections of this.readers) connections.renew(timeoutMs)
		if (this.writer.busyMs > this.writerTimeoutMs) this.writing.renew(0)
		else if (!this.examining) void this.examine()
	}

	/** Replaces all connections. */
	renew(): void {
		for (const connections of [...this.readers, this.writing]) connections.renew(timeoutMs, 0)
	}

	async close(): Promise<void> {
		this.closed = true
		const timer = setTimeout(() => this.writing.close(0), timeoutMs)
		await this.writer.idle()
		clearTimeout(timer)
		await Promise.all([...this.readers, this.writing].map((connections) => connections.close(timeoutMs)))
	}

	private get readers(): readonly Connections[] {
		return this.slow === this.reading ? [this.reading] : [this.reading, this.slow]
	}

	/**
	 * Asks the server, over a new connection, what it knows of the others. Repeats that until it has run no reads twice in
	 * succession: a connection that was closed on this side may still wait for a lock, and between two of its statements it
	 * waits for none.
	 */
	private async examine(): Promise<void> {
		this.examining = true
		for (let withoutReads = 0; withoutReads < 2 && !this.closed; ) {
			const overdue = this.writer.busyMs > timeoutMs
			const found = await endStalledReads(this.client, {
				readers: [this.reading.name, this.slow.name],
				writer: this.writing.name,
			})
			if (overdue && this.writer.busyMs > timeoutMs && found?.writing === false) this.writing.renew(0)
			if (found === undefined) break
			withoutReads = found.reading ? 0 : withoutReads + 1
			if (withoutReads < 2) await Bun.sleep(examinationMs)
		}
		this.examining = false
	}
}

function searchOn<Result>(pool: Sql, timeout: number, work: (sql: Sql) => Promise<Result>): Promise<Result> {
	return pool.begin('read only', async (sql) => {
		await sql.unsafe(`SET LOCAL statement_timeout = ${timeout}`)
		return work(sql)
	})
}
