// PostgreSQL's index over the texts of messages: the extension pg_trgm, which the owner of a database may usually
// create. Without it there is no index, and a search scans the messages of its scope.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { Sql } from '../sql/sql.ts'
import type { TextIndex } from '../sql/text-index.ts'

const indexName = 'messages_by_search_text'
/** Memory for building the index. */
const buildMemory = '128MB'

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

async function hasTextIndex(sql: Sql): Promise<boolean> {
	const [row] = await sql`SELECT to_regclass(${indexName}) IS NOT NULL AS present`
	return row?.present === true
}

/** Creates the index if the server has the extension and permits it. To be called in a transaction. */
export async function createTextIndex(sql: Sql): Promise<void> {
	await sql.unsafe('SAVEPOINT before_text_index')
	try {
		await sql.unsafe('CREATE EXTENSION IF NOT EXISTS pg_trgm')
		const [extension] = await sql`
			SELECT quote_ident(nspname) AS schema FROM pg_extension e
			JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_trgm'`
		await sql.unsafe(`SET LOCAL maintenance_work_mem = '${buildMemory}'`)
		await sql.unsafe(
			`CREATE INDEX IF NOT EXISTS ${indexName} ON messages USING gin (search_text ${extension?.schema}.gin_trgm_ops)`,
		)
		await sql.unsafe('RELEASE SAVEPOINT before_text_index')
	} catch (thrown) {
		if (!isRefused(thrown)) throw thrown
		await sql.unsafe('ROLLBACK TO SAVEPOINT before_text_index')
	}
}

/** Creates the index if an earlier start could not. */
export async function ensureTextIndex(sql: Sql, lock: (transaction: Sql) => Promise<void>): Promise<void> {
	if ((await hasTextIndex(sql)) || !(await isAvailable(sql))) return
	await sql.begin(async (transaction) => {
		await lock(transaction)
		await createTextIndex(transaction)
	})
}

async function isAvailable(sql: Sql): Promise<boolean> {
	const [extension] = await sql`SELECT name FROM pg_available_extensions WHERE name = 'pg_trgm'`
	return extension !== undefined
}

/** Insufficient privilege, no such extension on this server, or an object that is missing or unsupported. */
const refusedStates = /^(42501|0A000|42704|58P01|3F000)$/

function isRefused(thrown: unknown): boolean {
	return refusedStates.test(readErrorCodes(thrown).errno)
}
