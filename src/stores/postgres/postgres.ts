// PostgreSQL: the database for deployments that are too large for SQLite or run on several hosts. Each group of stores
// has its own connections.

import { migrate } from '../migrations/migrate.ts'
import { expectColumns, expectSchema, missingSteps, type SchemaMode } from '../migrations/schema.ts'
import type { Sql } from '../sql/sql.ts'
import type { SqlDatabase, StoreGroup } from '../sql/sql-database.ts'
import { ConnectionGroup, connectionsPerProcess } from './connection-group.ts'
import { detectPooling, requireConnections } from './pooling.ts'
import { parsePostgresAddress } from './postgres-address.ts'
import { PostgresClient } from './postgres-client.ts'
import { explainPostgresFailure } from './postgres-failure.ts'
import { explainOpening } from './postgres-opening.ts'
import { scan } from './postgres-scan.ts'
import { buildTextIndex, createTextIndex, postgresTextIndex } from './postgres-text-index.ts'
import { requireEncoding, requireRights, usableColumns } from './server-check.ts'
import { vacuumFrom } from './vacuum.ts'

/**
 * Duration of a transaction after which the writer's connection is considered dead, in milliseconds. Large removals
 * take some seconds.
 */
const writerTimeoutMs = 30_000
/** Id of the advisory lock for migrations; an arbitrary number that all gateways share. */
const migrationLock = 4_207_846_133

export interface PostgresDatabase extends SqlDatabase {
	/** Resolves when the index over the texts of messages is built, or cannot be built. */
	indexTexts(): Promise<void>
}

/**
 * @param address `postgres://user:password@host:port/database`.
 * @param writerTimeout milliseconds after which the connection of a running transaction is considered dead, if a query
 * has timed out.
 * @throws Error if the server cannot be reached, SchemaError if the database does not meet `mode`, DatabaseError if it
 * cannot be used.
 */
export async function openPostgres(
	address: string,
	mode: SchemaMode = 'create',
	writerTimeout = writerTimeoutMs,
): Promise<PostgresDatabase> {
	const parsed = parsePostgresAddress(address)
	try {
		const pooling = await detectPooling(parsed.url)
		const client = new PostgresClient(parsed, pooling)
		const migrated = await prepare(client, mode)
		if (pooling === 'session' && mode === 'create') await requireConnections(parsed.url, connectionsPerProcess)
		const building = mode === 'create' ? buildIndex(client) : Promise.resolve()
		return new PostgresDatabases({ client, migrated, writerTimeout, building }).of('keys')
	} catch (thrown) {
		throw explainOpening(thrown)
	}
}

/** In the background. After a failure, searches scan, and the next start tries again. */
async function buildIndex(client: PostgresClient): Promise<void> {
	const { sql, client: connection } = client.open({ name: 'index', max: 1 })
	await buildTextIndex(sql, lockMigrations).catch(() => undefined)
	await connection.close({ timeout: 0 }).catch(() => undefined)
}

interface OpenedServer {
	readonly client: PostgresClient
	readonly migrated: readonly string[]
	readonly writerTimeout: number
	/** Resolves when the index over texts is built, or cannot be built. */
	readonly building: Promise<void>
}

/** The database over the connections of each group. A group's connections are opened when they are first used. */
class PostgresDatabases {
	private readonly opened: OpenedServer
	private readonly vacuum: () => void
	private readonly groups = new Map<StoreGroup, ConnectionGroup>()

	constructor(opened: OpenedServer) {
		this.opened = opened
		this.vacuum = vacuumFrom(opened.client)
	}

	of(name: StoreGroup): PostgresDatabase {
		const { client, migrated, writerTimeout, building } = this.opened
		const group = this.groups.get(name) ?? new ConnectionGroup(client, name, writerTimeout)
		this.groups.set(name, group)
		return {
			get sql() {
				return group.sql
			},
			get slowSql() {
				return group.slowSql
			},
			search: group.search,
			readsOf: (caller) => group.readsOf(caller),
			textIndex: postgresTextIndex,
			clockMs: '(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
			migrated,
			indexTexts: () => building,
			separate: (stores) => this.of(stores),
			write: (work, key, share) => group.writer.write(work, key, share),
			async lock(sql, id) {
				await sql`
					SELECT id FROM conversations WHERE id = ${id} OR id = (SELECT conversation FROM turns WHERE id = ${id}) FOR UPDATE`
			},
			snapshot: async (work) => {
				const { client: connection, sql } = client.open({ name: 'snapshot', max: 1 })
				try {
					return await sql.begin('isolation level repeatable read read only', (transaction) =>
						work((table) => scan(transaction, table)),
					)
				} finally {
					await connection.close({ timeout: 0 })
				}
			},
			erase: async () => this.vacuum(),
			async check() {
				await group.sql`SELECT 1`
			},
			explain: explainPostgresFailure,
			reconnect: (reason) => {
				if (reason === 'timeout') return group.reconnect()
				if (client.loseSession()) for (const one of this.groups.values()) one.renew()
				else group.renew()
			},
			close: async () => {
				await Promise.all(Array.from(this.groups.values(), (one) => one.close()))
			},
		}
	}
}

async function prepare(client: PostgresClient, mode: SchemaMode): Promise<readonly string[]> {
	const { sql, client: connection } = client.open({ name: 'migrate', max: 1 })
	try {
		// In a transaction, because a pooler in statement mode refuses them.
		await sql.begin((transaction) => requireEncoding(transaction))
		const hasTables = await findTables(sql)
		if (mode !== 'create') await expectSchema(sql, mode, async () => hasTables)
		// A database that is up to date may belong to another user, or be read-only at the moment.
		const upToDate = mode === 'expect' || (hasTables && (await missingSteps(sql)).length === 0)
		const migrated = upToDate ? [] : await migrate(sql, { lock: lockMigrations, createTextIndex, isDeadlock })
		await expectColumns((table) => usableColumns(sql, table))
		await requireRights(sql)
		return migrated
	} finally {
		await connection.close({ timeout: 0 }).catch(() => undefined)
	}
}

const isDeadlock = (thrown: unknown): boolean => explainPostgresFailure(thrown) === 'contention'

async function findTables(sql: Sql): Promise<boolean> {
	const [found] = await sql`SELECT to_regclass('migrations') IS NOT NULL AS there`
	return found?.there === true
}

async function lockMigrations(transaction: Sql, table?: string): Promise<void> {
	await transaction`SELECT pg_advisory_xact_lock(${migrationLock})`
	if (table !== undefined) await transaction.unsafe(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
}
