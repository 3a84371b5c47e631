// PostgreSQL's index over the texts of messages: the extension pg_trgm, which the owner of a database may usually
// create. Without it there is no index, and a search scans the messages of its scope.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import type { TextIndex } from '../sql/text-index.ts'

const indexName = 'messages_by_search_text'
/** Id of the advisory lock for building it; an arbitrary number that all gateways share. */
const buildLock = 4_207_846_134
/** How long the removal of an incomplete index waits for statements that use the table, in milliseconds. */
const dropTimeoutMs = 2000

/**
 * The planner chooses between the index and a scan of the scope's conversations, by what it knows about the frequency
 * of the text.
 */
export const postgresTextIndex: TextIndex = {
	position: 'strpos',
	async candidates(sql, text) {
		if (!(await hasTextIndex(sql))) return undefined
		const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
		return { condition: sql.part`m.search_text LIKE ${pattern}` }
	},
}

/** False also while it is built. */
async function hasTextIndex(sql: Sql): Promise<boolean> {
	const [index] = await sql`
		SELECT 1 AS found FROM pg_index WHERE indexrelid = to_regclass(${indexName}) AND indisvalid`
	return index !== undefined
}

/** Creates the index of a new database; `buildTextIndex` is for one with messages. To be called in a transaction. */
export async function createTextIndex(sql: Sql): Promise<void> {
	const [message] = await sql`SELECT 1 AS found FROM messages LIMIT 1`
	if (message !== undefined || !(await isAvailable(sql))) return
	const operators = await createExtension(sql)
	if (operators !== undefined) await sql.unsafe(`CREATE INDEX ${definition(operators)}`)
}

function definition(operators: string): string {
	return `${indexName} ON messages USING gin (search_text ${operators})`
}

/**
 * Builds the index if it is missing and the server permits it. Takes minutes if there are many messages; other statements
 * continue. Several processes may call it, and the next call continues after an interruption.
 *
 * @param sql one connection, to be closed afterwards.
 * @param lock prevents concurrent migrations until the end of a transaction.
 */
export async function buildTextIndex(sql: Sql, lock: (transaction: Sql) => Promise<void>): Promise<void> {
	if ((await hasTextIndex(sql)) || !(await isAvailable(sql))) return
	// A lock of the session: a transaction would stop the build, which waits for older ones.
	const [build] = await sql`SELECT pg_try_advisory_lock(${buildLock}) AS acquired`
	if (build?.acquired !== true) return
	const operators = await sql.begin((transaction) => prepareBuild(transaction, lock))
	if (operators !== undefined) await sql.unsafe(`CREATE INDEX CONCURRENTLY ${definition(operators)}`)
}

/** @returns the operator class; undefined if the index cannot be built or exists. */
async function prepareBuild(sql: Sql, lock: (transaction: Sql) => Promise<void>): Promise<string | undefined> {
	await lock(sql)
	// Waits for the build of a process that was killed, which the server ends.
	await sql.unsafe('LOCK TABLE messages IN SHARE UPDATE EXCLUSIVE MODE')
	if (await hasTextIndex(sql)) return undefined
	// The remains of an interrupted build.
	await sql.unsafe(`SET LOCAL lock_timeout = ${dropTimeoutMs}`)
	await sql.unsafe(`DROP INDEX IF EXISTS ${indexName}`)
	return createExtension(sql)
}

/** @returns its operator class for the index; undefined if the server does not permit it. */
async function createExtension(sql: Sql): Promise<string | undefined> {
	await sql.unsafe('SAVEPOINT before_extension')
	try {
		await sql.unsafe('CREATE EXTENSION IF NOT EXISTS pg_trgm')
	} catch (thrown) {
		if (!isRefused(thrown)) throw thrown
		await sql.unsafe('ROLLBACK TO SAVEPOINT before_extension')
		return undefined
	}
	// An administrator may have created it in a schema that is not in the search path, or that is not accessible.
	const [extension] = await sql`
		SELECT quote_ident(nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
		WHERE extname = 'pg_trgm' AND has_schema_privilege(n.oid, 'USAGE')`
	return extension === undefined ? undefined : `${extension.schema}.gin_trgm_ops`
}

async function isAvailable(sql: Sql): Promise<boolean> {
	const [extension] = await sql`SELECT name FROM pg_available_extensions WHERE name = 'pg_trgm'`
	return extension !== undefined
}

/** Insufficient privilege, or the server does not have or support the extension. */
const refusedStates = /^(42501|0A000|58P01)$/

function isRefused(thrown: unknown): boolean {
	return refusedStates.test(readErrorCodes(thrown).errno)
}
