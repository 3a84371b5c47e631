// Reads all rows of a table of PostgreSQL through a cursor, so that they are sorted once.

import type { Row, Sql } from '../sql/sql.ts'
import { firstBatch, nextBatch, type Table } from '../sql/table.ts'

/** @param sql a transaction. */
export async function* scan(sql: Sql, { name, key }: Table): AsyncGenerator<readonly Row[]> {
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
