// Reads a table in the order of its primary key.

import type { Row, Sql } from '../sql/sql.ts'
import { firstBatch, nextBatch, type Table } from '../sql/table.ts'

/** Each batch starts after the last key of the previous one and is one range of the primary key's index. */
export async function* scan(sql: Sql, { name, key }: Table): AsyncGenerator<readonly Row[]> {
	const columns = Object.keys(key)
	const [ordered, marks] = [columns.join(', '), columns.map(() => '?').join(', ')]
	let last: Row | undefined
	for (let size = firstBatch; ; ) {
		const condition = last === undefined ? '' : `WHERE (${ordered}) > (${marks})`
		const after = columns.map((column) => last?.[column])
		const batch: readonly Row[] = Array.from(
			await sql.unsafe(
				`SELECT * FROM ${name} ${condition} ORDER BY ${ordered} LIMIT ${size}`,
				last === undefined ? [] : after,
			),
		)
		last = batch.at(-1)
		if (last === undefined) return
		yield batch
		size = nextBatch(size, batch)
	}
}
