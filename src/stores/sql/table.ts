// The tables that hold what is kept, and how their rows are read from first to last. The record of migrations is none of them. Knows no
// row's meaning.

export type Row = Readonly<Record<string, unknown>>

export interface Table {
	readonly name: string
	/** Its primary key: rows are told in this order, integers by size and texts by their bytes, so that every database agrees. */
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
	{ name: 'ledger', key: { id: 'text' } },
	{
		name: 'usage_days',
		key: {
			...{ day: 'text', tenant: 'text', owner: 'text', key: 'text' },
			...{ model: 'text', operation: 'text', currency: 'text' },
		},
	},
]

/** Rows of a first batch. SQLite takes 32,766 parameters in a statement, and no table has 30 columns. */
export const firstBatch = 256
const [leastRows, mostRows] = [1, 1024]
/** Messages may hold images: a batch is to hold about this many characters. */
const roughCharacters = 4_194_304

/** How many rows to read next, after `batch`. A power of two, since each size is a statement of its own to a database. */
export function nextBatch(size: number, batch: readonly Row[]): number {
	const characters = batch.reduce((sum, row) => sum + charactersOf(row), 0)
	if (characters > roughCharacters) return Math.max(leastRows, size / 2)
	return characters < roughCharacters / 4 ? Math.min(mostRows, size * 2) : size
}

function charactersOf(row: Row): number {
	return Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
}
