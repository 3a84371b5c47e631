// The interface of a step that rewrites stored rows. It does not know transactions or the size of a batch.

import type { Row, Sql } from '../sql/sql.ts'

/**
 * Rewrites the rows of one table, a batch at a time. Several processes may run it concurrently, and it may start again
 * after an interruption, so rows that are already rewritten must remain as they are.
 */
export interface TableRewrite {
	readonly table: string
	/**
	 * Rewrites the first `size` rows, or those that follow the row `last`. No other process writes to the table until the
	 * transaction ends.
	 *
	 * @returns these rows as they are now; none if there are no more.
	 */
	readonly rewriteBatch: (transaction: Sql, size: number, last: Row | undefined) => Promise<readonly Row[]>
}
