// The tables of the schema, and the order in which their rows are read. The table of migrations is not included.
// Independent of the meaning of the rows.

import type { Row } from './sql.ts'

export interface Table {
	readonly name: string
	/**
	 * Primary key. Rows are read in this order: integers by value and texts by their bytes, so that the order is the same
	 * in every database.
	 */
	readonly key: Readonly<Record<string, 'text' | 'integer'>>
}

/** Reads all rows of a table in batches, in the order of its key. */
export type Scan = (table: Table) => AsyncIterable<readonly Row[]>

export const tables: readonly Table[] = [
	{ name: 'keys', key: { id: 'text' } },
	{ name: 'conversations', key: { id: 'text' } },
	{ name: 'branches', key: { conversation: 'text', branch: 'integer' } },
	{ name: 'messages', key: { conversation: 'text', id: 'text' } },
	{ name: 'turns', key: { id: 'text' } },
	{ name: 'texts', key: { tenant: 'text', owner: 'text', hash: 'text' } },
	{ name: 'shares', key: { id: 'text' } },
	{ name: 'ledger', key: { id: 'text' } },
	{
		name: 'usage_days',
		key: {
			...{ day: 'text', tenant: 'text', owner: 'text', key: 'text' },
			...{ model: 'text', operation: 'text', currency: 'text' },
		},
	},
]

/**
 * Rows of the first batch. SQLite allows 32,766 parameters per statement, and every table has fewer than 30 columns.
 */
export const firstBatch = 256
const [leastRows, mostRows] = [1, 1024]
/** Approximate maximum size of a batch, in characters: messages may contain images. */
const roughCharacters = 4_194_304

/** Number of rows to read after `batch`. A power of two, because databases prepare a statement for each size. */
export function nextBatch(size: number, batch: readonly Row[]): number {
	const characters = batch.reduce((sum, row) => sum + charactersOf(row), 0)
	if (characters > roughCharacters) return Math.max(leastRows, size / 2)
	return characters < roughCharacters / 4 ? Math.min(mostRows, size * 2) : size
}

function charactersOf(row: Row): number {
	return Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
}
