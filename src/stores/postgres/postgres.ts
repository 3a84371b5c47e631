// PostgreSQL: the database for deployments that are too large for SQLite or run on several hosts.

import { SQL } from 'bun'
import { migrate } from '../migrations/migrate.ts'
import { expectSchema, type SchemaMode } from '../migrations/schema.ts'
import { timeoutMs } from '../sql/database-failure.ts'
import type { Row, Sql } from '../sql/sql.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { firstBatch, nextBatch, type Table } from '../sql/table.ts'
import { Writer } from '../sql/writer.ts'
import { postgresSql } from './postgres-connection.ts'
import { explainPostgresFailure } from './postgres-failure.ts'
import { buildTextIndex, createTextIndex, postgresTextIndex } from './postgres-text-index.ts'

/** Timeout of connecting, in seconds. */
const connectionTimeout = 3
const readers = 8
/** Connections for searches only. */
const searchers = 2
/**
 * In milliseconds. A gateway that disappears during a transaction must not lock a conversation until the TCP connection
 * times out.
 */
const connection = { idle_in_transaction_session_timeout: 30_000 }
/**
 * Duration of a transaction after which the writer's connection is considered dead, in milliseconds. Large removals
 * take some seconds.
 */
const writerTimeoutMs = 30_000
/** Id of the advisory lock for migrations; an arbitrary number that all gateways share. */
const migrationLock = 4_207_846_133
/** Minimum interval between vacuums after deletions, in milliseconds. */
const vacuumEveryMs = 60_000
/** Tables that may contain texts of callers. */
const vacuumed = ['messages', 'turns', 'texts', 'conversations']

export interface PostgresDatabase extends SqlDatabase {
	/** Resolves when the index over the texts of messages is built, or cannot be built. */
	indexTexts(): Promise<void>
}

/**
 * @param url `postgres://user:password@host:port/database`.
 * @param writerTimeout milliseconds after which the connection of a running transaction is considered dead, if a query
 * has timed out.
 * @throws Error if the server cannot be reached, SchemaError if the database does not meet `mode`.
 */
export async function openPostgres(
	url: string,
	mode: SchemaMode = 'create',
	writerTimeout = writerTimeoutMs,
): Promise<PostgresDatabase> {
	const writing = new Connections(url, 1)
	const migrated = await prepare(writing, mode)
	const reading = new Connections(url, readers)
	const writer = new Writer({ sql: () => writing.sql, explain: explainPostgresFailure })
	const searching = new Connections(url, searchers)
	const building = mode === 'create' ? buildIndex(url) : Promise.resolve()
	const vacuum = vacuumFrom(reading)
	return {
		get sql() {
			return reading.sql
		},
		get slowSql() {
			return reading.sql
		},
		search: (timeout, work) =>
			searching.sql.begin('read only', async (sql) => {
				await sql.unsafe(`SET LOCAL statement_timeout = ${timeout}`)
				return work(sql)
			}),
		textIndex: postgresTextIndex,
		indexTexts: () => building,
		migrated,
		write: (work, key) => writer.write(work, key),
		async lock(sql, id) {
			await sql`
				SELECT id FROM conversations WHERE id = ${id} OR id = (SELECT conversation FROM turns WHERE id = ${id}) FOR UPDATE`
		},
		snapshot: (work) =>
			reading.sql.begin('isolation level repeatable read read only', (transaction) =>
				work((table) => scan(transaction, table)),
			),
		erase: async () => vacuum(),
		async check() {
			await reading.sql`SELECT 1`
		},
		explain: explainPostgresFailure,
		reconnect() {
			// Queries of other callers may be slow without the connection being dead.
			reading.renew(timeoutMs)
			searching.renew(timeoutMs)
			if (writer.busyMs > writerTimeout) writing.renew(0)
		},
		async close() {
			const timer = setTimeout(() => writing.close(0), timeoutMs)
			await writer.idle()
			clearTimeout(timer)
			await Promise.all([reading.close(timeoutMs), searching.close(timeoutMs), writing.close(timeoutMs)])
		},
	}
}

async function prepare(connections: Connections, mode: SchemaMode): Promise<readonly string[]> {
	const { sql } = connections
	try {
		if (mode !== 'create')
			await expectSchema(sql, mode, async () => {
				const [found] = await sql`SELECT to_regclass('migrations') IS NOT NULL AS there`
				return found?.there === true
			})
		if (mode === 'expect') return []
		return await migrate(sql, {
			createTextIndex,
			async lock(transaction, table) {
				await lockMigrations(transaction)
				if (table !== undefined) await transaction.unsafe(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
			},
		})
	} catch (thrown) {
		void connections.close(0)
		throw thrown
	}
}

/** In the background. After a failure, searches scan, and the next start tries again. */
async function buildIndex(url: string): Promise<void> {
	const connections = new Connections(url, 1)
	await buildTextIndex(connections.sql, lockMigrations).catch(() => undefined)
	await connections.close(0)
}

async function lockMigrations(transaction: Sql): Promise<void> {
	await transaction`SELECT pg_advisory_xact_lock(${migrationLock})`
}

/**
 * A connection pool that can be replaced. If the server stops responding, a connection hangs until TCP times out after
 * a quarter of an hour, because the client has no timeout of its own.
 */
class Connections {
	private readonly open: () => SQL
	private current: SQL
	private currentSql: Sql
	private openedMs = Number.NEGATIVE_INFINITY

	constructor(url: string, max: number) {
		this.open = () => new SQL(url, { max, connectionTimeout, connection })
		this.current = this.open()
		this.currentSql = postgresSql(this.current)
	}

	get sql(): Sql {
		return this.currentSql
	}

	/**
	 * Replaces the pool. Queries on the old connections may continue for `graceMs`. Does nothing if the pool was replaced
	 * recently.
	 */
	renew(graceMs: number): void {
		if (performance.now() - this.openedMs < timeoutMs) return
		void this.close(graceMs)
		this.current = this.open()
		this.currentSql = postgresSql(this.current)
		this.openedMs = performance.now()
	}

	/** Never rejects. */
	async close(graceMs: number): Promise<void> {
		await this.current.close({ timeout: graceMs / 1000 }).catch(() => undefined)
	}
}

/**
 * Returns a function that starts a vacuum in the background: a large table takes minutes. After a failure, PostgreSQL's
 * autovacuum does the work later.
 */
function vacuumFrom(connections: Connections): () => void {
	let vacuumedMs = Number.NEGATIVE_INFINITY
	const vacuum = async (sql: Sql) => {
		for (const table of vacuumed) await sql.unsafe(`VACUUM (SKIP_LOCKED) ${table}`)
	}
	return () => {
		if (performance.now() - vacuumedMs < vacuumEveryMs) return
		vacuumedMs = performance.now()
		vacuum(connections.sql).catch(() => undefined)
	}
}

/** Reads through a cursor, so that the rows are sorted once. */
async function* scan(sql: Sql, { name, key }: Table): AsyncGenerator<readonly Row[]> {
	const order = Object.entries(key).map(([column, kind]) => (kind === 'text' ? `${column} COLLATE "C"` : column))
	await sql.unsafe(`DECLARE every_row CURSOR FOR SELECT * FROM ${name} ORDER BY ${order.join(', ')}`)
	for (let size = firstBatch; ; ) {
		const batch: readonly Row[] = Array.from(await sql.unsafe(`FETCH ${size} FROM every_row`))
		if (batch.length === 0) break
		yield batch
		size = nextBatch(size, batch)
	}
	await sql.unsafe('CLOSE every_row')
}
