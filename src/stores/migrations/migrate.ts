// Applies schema migrations. All databases share their text. Each database defines how a transaction begins and what it
// locks.

import type { Row, Sql } from '../sql/sql.ts'
import { firstBatch, nextBatch } from '../sql/table.ts'
import { type DataChange, type Migration, migrations } from './migration.ts'
import { readKnownSteps } from './schema.ts'
import type { TableRewrite } from './table-rewrite.ts'

export interface MigrationTransaction {
	/** The mode of BEGIN for a transaction that writes. */
	readonly begin?: string
	/**
	 * Prevents concurrent migrations by other processes, and any writes to `table`, if a transaction alone does not.
	 */
	readonly lock?: (transaction: Sql, table?: string) => Promise<unknown>
	/** Creates the database's index over texts of messages, in the transaction of the step that requires it. */
	readonly createTextIndex: (transaction: Sql) => Promise<void>
	/**
	 * Pause between the transactions of one step, in milliseconds; none if absent. For databases in which other processes
	 * poll for the end of a transaction.
	 */
	readonly pauseMs?: number
	/** Whether an error is a deadlock, such as one with the build of an index: the transaction is repeated. */
	readonly isDeadlock?: (thrown: unknown) => boolean
}

/** Transactions that end in a deadlock are tried so many times. */
const mostAttempts = 5

/** Batches share transactions of about this length, in milliseconds: other processes cannot write during one. */
const transactionMs = 400

/**
 * Applies the missing migration steps in order: a change of the schema in one transaction, a change of the data in
 * several, which continues from the start if it was interrupted. Safe to run from several processes.
 *
 * @returns the names of the steps that were applied.
 * @throws DatabaseError if the database has steps that are unknown to this version; then nothing is changed.
 */
export async function migrate(sql: Sql, options: MigrationTransaction): Promise<readonly string[]> {
	const { lock } = options
	const transact = transactions(sql, options)
	await transact(async (transaction) => {
		await lock?.(transaction)
		await transaction`CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at_ms BIGINT NOT NULL)`
		await readKnownSteps(transaction)
	})
	const done: string[] = []
	for (const migration of migrations) if (await apply(migration, transact, options)) done.push(migration.name)
	return done
}

type Transact = <Result>(work: (transaction: Sql) => Promise<Result>) => Promise<Result>

function transactions(sql: Sql, { begin, isDeadlock = () => false }: MigrationTransaction): Transact {
	return async (work) => {
		for (let attempt = 1; ; attempt++)
			try {
				return await (begin === undefined ? sql.begin(work) : sql.begin(begin, work))
			} catch (thrown) {
				if (attempt === mostAttempts || !isDeadlock(thrown)) throw thrown
			}
	}
}

/** @returns whether this process applied it. */
async function apply(migration: Migration, transact: Transact, options: MigrationTransaction): Promise<boolean> {
	if ('rewrites' in migration && !(await rewriteTables(migration, transact, options))) return false
	return transact(async (transaction) => {
		await options.lock?.(transaction)
		if (await isApplied(transaction, migration)) return false
		if ('sql' in migration) await transaction.unsafe(migration.sql)
		else if (migration.indexesTexts === true) await options.createTextIndex(transaction)
		await transaction`INSERT INTO migrations (name, applied_at_ms) VALUES (${migration.name}, ${Date.now()})`
		return true
	})
}

/** @returns false if another process has applied the step. */
async function rewriteTables(
	change: DataChange,
	transact: Transact,
	{ lock, pauseMs = 0 }: MigrationTransaction,
): Promise<boolean> {
	for (const rewrite of change.rewrites) {
		let progress: RewriteProgress = { state: 'begun', size: firstBatch, last: undefined }
		while (progress.state === 'begun') {
			const before = progress
			if (before.last !== undefined && pauseMs > 0) await Bun.sleep(pauseMs)
			progress = await transact(async (transaction) => {
				await lock?.(transaction)
				if (await isApplied(transaction, change)) return { ...before, state: 'applied' }
				await lock?.(transaction, rewrite.table)
				return rewriteBatches(transaction, rewrite, before)
			})
		}
		if (progress.state === 'applied') return false
	}
	return true
}

/** How far a table is rewritten. */
interface RewriteProgress {
	/** `applied`: another process has applied the whole step. */
	readonly state: 'begun' | 'complete' | 'applied'
	/** Number of rows of the next batch. */
	readonly size: number
	/** The last row of the batches until now. */
	readonly last: Row | undefined
}

/** As many batches as fit into one transaction. */
async function rewriteBatches(
	sql: Sql,
	{ rewriteBatch }: TableRewrite,
	{ size, last }: RewriteProgress,
): Promise<RewriteProgress> {
	const untilMs = performance.now() + transactionMs
	do {
		const rows = await rewriteBatch(sql, size, last)
		if (rows.length === 0) return { state: 'complete', size, last }
		last = rows.at(-1)
		size = nextBatch(size, rows)
	} while (performance.now() < untilMs)
	return { state: 'begun', size, last }
}

async function isApplied(transaction: Sql, { name }: Migration): Promise<boolean> {
	const [applied] = await transaction`SELECT name FROM migrations WHERE name = ${name}`
	return applied !== undefined
}
