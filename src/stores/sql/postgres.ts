// PostgreSQL: the database of deployments that outgrew a file, or that run on several hosts.

import { SQL } from 'bun'
import { migrate } from './database.ts'
import { patienceMs } from './reachable.ts'
import { expectSchema, type SchemaMode } from './schema.ts'
import type { Sql } from './sql.ts'
import type { SqlDatabase } from './sql-database.ts'
import { firstBatch, nextBatch, type Row, type Table } from './table.ts'
import { Writer } from './writer.ts'

/** How long a connection may take to come about, in seconds. */
const connectionTimeout = 3
const readers = 8
/** A gateway that vanished in the middle of a transaction must not keep others from a conversation until TCP gives up. In milliseconds. */
const connection = { idle_in_transaction_session_timeout: 30_000 }
/** How long a transaction may take until the writer's connection counts as dead: large removals take some seconds. In milliseconds. */
const writerPatienceMs = 30_000
/** Any number, the same for every gateway: who holds it migrates. */
const migrationLock = 4_207_846_133
/** Of what was deleted; others come soon anyway. In milliseconds. */
const vacuumEveryMs = 60_000
/** What may hold texts of callers. */
const vacuumed = ['messages', 'turns', 'texts', 'conversations']

/**
 * @param url `postgres://user:password@host:port/database`.
 * @param writerPatience milliseconds after which a transaction's connection counts as dead, once somebody found the database silent.
 * @throws Error if the server cannot be reached, SchemaError if the database does not meet `mode`.
 */
export async function openPostgres(
	url: string,
	writerPatience = writerPatienceMs,
	mode: SchemaMode = 'create',
): Promise<SqlDatabase> {
	const writing = new Connections(url, 1)
	const migrated = await prepare(writing, mode)
	const reading = new Connections(url, readers)
	const writer = new Writer({ sql: () => writing.sql })
	const vacuum = vacuumFrom(reading)
	return {
		get sql() {
			return reading.sql
		},
		migrated,
		write: (work) => writer.write(work),
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
		reconnect() {
			// Others may be reading what merely takes long.
			reading.renew(patienceMs)
			if (writer.busyMs > writerPatience) writing.renew(0)
		},
		async close() {
			const timer = setTimeout(() => writing.close(0), patienceMs)
			await writer.idle()
			clearTimeout(timer)
			await Promise.all([reading.close(patienceMs), writing.close(patienceMs)])
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
			lock: (transaction) => transaction`SELECT pg_advisory_xact_lock(${migrationLock})`,
		})
	} catch (thrown) {
		void connections.close(0)
		throw thrown
	}
}

/**
 * Connections of one purpose. One whose server fell silent hangs for as long as TCP tries, a quarter of an hour, and the client does not
 * look: so they can be given up.
 */
class Connections {
	private readonly open: () => SQL
	private current: SQL
	private openedMs = Number.NEGATIVE_INFINITY

	constructor(url: string, max: number) {
		this.open = () => new SQL(url, { max, connectionTimeout, connection })
		this.current = this.open()
	}

	get sql(): Sql {
		// Its templates take what ours take, and more; its types tell less of what comes back.
		return this.current as unknown as Sql
	}

	/** What runs on the old ones may go on for `graceMs`. Does nothing where they are new. */
	renew(graceMs: number): void {
		if (performance.now() - this.openedMs < patienceMs) return
		void this.close(graceMs)
		this.current = this.open()
		this.openedMs = performance.now()
	}

	/** Never rejects. */
	async close(graceMs: number): Promise<void> {
		await this.current.close({ timeout: graceMs / 1000 }).catch(() => undefined)
	}
}

/** Goes on after it was called: a large table takes minutes. What fails is done by PostgreSQL's own vacuum later. */
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

/** By a cursor: the rows are sorted once. */
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
