// Everything of one database put into another, whichever kinds they are, and looked at again: the same rows, or it did not happen.

import type { SQL } from 'bun'
import type { SqlDatabase } from './sql/sql-database.ts'

/** Each table and what its rows are ordered by, the same on both sides. */
const tables = {
	keys: ['id'],
	conversations: ['id'],
	branches: ['conversation', 'branch'],
	messages: ['conversation', 'id'],
	turns: ['id'],
	texts: ['tenant', 'owner', 'hash'],
	ledger: ['id'],
	usage_days: ['day', 'tenant', 'owner', 'key', 'model', 'operation', 'currency'],
} as const satisfies Readonly<Record<string, readonly string[]>>

type Table = keyof typeof tables
type Row = Readonly<Record<string, unknown>>

const tableNames = Object.keys(tables) as readonly Table[]

/** Rows at a time: SQLite takes 32,766 parameters in a statement. */
const batchSize = 500

export interface CopiedTable {
	readonly table: string
	readonly rows: number
	/** Of all rows in order, in hexadecimal. */
	readonly hash: string
}

/**
 * @param copied told of each table that is the same on both sides now.
 * @throws Error where the target holds anything, or differs afterwards.
 */
export async function copyDatabase(
	from: SqlDatabase,
	to: SqlDatabase,
	copied: (table: CopiedTable) => void,
): Promise<void> {
	for (const table of tableNames)
		for await (const _ of rowsOf(to.sql, table)) throw new Error(`The target is not empty: it has rows in '${table}'.`)
	for (const table of tableNames) {
		for await (const batch of rowsOf(from.sql, table))
			await to.write((sql) => sql`INSERT INTO ${sql(table)} ${sql(batch)}`)
		const [source, target] = [await describe(from.sql, table), await describe(to.sql, table)]
		if (source.rows !== target.rows || source.hash !== target.hash)
			throw new Error(
				`The copy of '${table}' differs: ${source.rows} rows (${source.hash}) became ${target.rows} (${target.hash}).`,
			)
		copied(source)
	}
}

async function describe(sql: SQL, table: Table): Promise<CopiedTable> {
	const hasher = new Bun.CryptoHasher('sha256')
	let rows = 0
	for await (const batch of rowsOf(sql, table))
		for (const row of batch) {
			rows++
			// Databases tell columns in an order of their own.
			hasher.update(JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
		}
	return { table, rows, hash: hasher.digest('hex').slice(0, 16) }
}

/** All rows of a table, in batches, ordered by its key as bytes are. */
async function* rowsOf(sql: SQL, table: Table): AsyncGenerator<readonly Row[]> {
	const isPostgres = sql.options.adapter === 'postgres'
	const order = tables[table].map((column) => (isPostgres && column !== 'branch' ? `${column} COLLATE "C"` : column))
	const quoted = table === 'keys' ? '"keys"' : table
	const read: readonly Row[] = await sql.unsafe(`SELECT COUNT(*) AS count FROM ${quoted}`)
	const count = Number(read[0]?.count)
	for (let at = 0; at < count; at += batchSize) {
		const rows: readonly Row[] = await sql.unsafe(
			`SELECT * FROM ${quoted} ORDER BY ${order.join(', ')} LIMIT ${batchSize} OFFSET ${at}`,
		)
		yield Array.from(rows, plain)
	}
}

/** Numbers as numbers: PostgreSQL tells large ones as texts. */
function plain(row: Row): Row {
	return Object.fromEntries(
		Object.entries(row).map(([name, value]) => [name, isNumeric(name) && value !== null ? Number(value) : value]),
	)
}

function isNumeric(column: string): boolean {
	return /_ms$|_tokens$|_micros$|_bytes$|^(branch|parent_branch|depth|parent_depth|listed|partial|stored|inputs|began_conversation|requests)$/.test(
		column,
	)
}
