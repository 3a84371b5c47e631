// Copies a database to another one of any kind, and verifies the copy. Independent of the meaning of the tables.

import { DatabaseError } from './database-error.ts'
import type { Row, Sql } from './sql/sql.ts'
import type { SqlDatabase } from './sql/sql-database.ts'
import { type Scan, type Table, tables } from './sql/table.ts'

export interface CopiedTable {
	readonly table: string
	readonly from: TableSum
	readonly to: TableSum
	readonly same: boolean
}

/** Row count and hash, to compare two tables. */
export interface TableSum {
	readonly rows: number
	/** SHA-256 of all rows in the order of their primary keys, in hexadecimal. */
	readonly hash: string
}

/**
 * Copies a snapshot of `from` in one transaction: an interrupted copy leaves the target unchanged. Then reads the
 * target to verify it.
 *
 * @returns for every table, the sums of the source and of the target.
 * @throws DatabaseError if the target is not empty.
 */
export async function copyDatabase(from: SqlDatabase, to: SqlDatabase): Promise<readonly CopiedTable[]> {
	const read = await to.write((target) =>
		from.snapshot(async (scan) => {
			for (const table of tables) await expectEmpty(target, table)
			return sumTables(scan, async ({ name }, rows) => {
				await target`INSERT INTO ${target(name)} ${target(rows)}`
			})
		}),
	)
	const copied = await to.snapshot((scan) => sumTables(scan))
	return tables.map(({ name }) => {
		const [one, other] = [read.get(name) ?? nothing, copied.get(name) ?? nothing]
		return { table: name, from: one, to: other, same: one.rows === other.rows && one.hash === other.hash }
	})
}

const nothing: TableSum = { rows: 0, hash: '' }

async function expectEmpty(sql: Sql, { name }: Table): Promise<void> {
	const [found] = await sql`SELECT 1 AS found FROM ${sql(name)} LIMIT 1`
	if (found !== undefined) throw new DatabaseError(`The target is not empty: it has rows in '${name}'.`)
}

type Visit = (table: Table, rows: readonly Row[]) => Promise<void>

async function sumTables(scan: Scan, visit: Visit = async () => undefined): Promise<ReadonlyMap<string, TableSum>> {
	const sums = new Map<string, TableSum>()
	for (const table of tables) {
		const hasher = new Bun.CryptoHasher('sha256')
		let rows = 0
		for await (const batch of scan(table)) {
			const plain = batch.map(withoutNul)
			for (const row of plain) hasher.update(`${textOf(row)}\n`)
			rows += plain.length
			await visit(table, plain)
		}
		sums.set(table.name, { rows, hash: hasher.digest('hex') })
	}
	return sums
}

/** PostgreSQL cannot store U+0000 in text; the stores remove it too. */
function withoutNul(row: Row): Row {
	return Object.fromEntries(
		Object.entries(row).map(([column, value]) => [
			column,
			typeof value === 'string' ? value.replaceAll('\0', '') : value,
		]),
	)
}

/**
 * Canonical text of a row, the same for every database: columns by name, and numbers as strings, as PostgreSQL returns
 * large ones.
 */
function textOf(row: Row): string {
	return JSON.stringify(
		Object.entries(row)
			.sort(([one], [other]) => (one < other ? -1 : 1))
			.map(([column, value]) => [column, value === null ? null : String(value)]),
	)
}
