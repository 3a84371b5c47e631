// The interface of an open database for the stores: a connection for reads, and one writer per process.

import type { SharePath } from '../../system/fair-queue.ts'
import type { LastStatements, Sql } from './sql.ts'
import type { Scan } from './table.ts'
import type { TextIndex } from './text-index.ts'
import type { WriteShare } from './write-share.ts'

/**
 * The meaning of a database's error.
 *
 * - `unavailable`: the database cannot be reached or cannot write at the moment; not an error of the statement.
 * - `session-lost`: the same, because the session does not have the statements that the connection has prepared.
 * - `duplicate`: concurrent writes insert the same row, so the same work may succeed if it is retried immediately.
 * - `contention`: the database has ended one of several conflicting transactions, which may succeed if it is retried.
 * - `invalid-text`: a text contains U+0000, which the database cannot store.
 * - `unsupported-text`: a text contains a character that the encoding of the database does not contain.
 */
export type DatabaseFailure =
	| 'unavailable'
	| 'session-lost'
	| 'duplicate'
	| 'contention'
	| 'invalid-text'
	| 'unsupported-text'

/** Stores that share connections. Stores of different groups do not delay each other. */
export type StoreGroup = 'conversations' | 'ledger' | 'keys'

/** Reads outside of transactions. Do not store its members: `reconnect` replaces them. */
export interface Reads {
	readonly sql: Sql
	/**
	 * The same for statements whose duration grows with the stored data, such as an export. They never use all
	 * connections.
	 */
	readonly slowSql: Sql
	/**
	 * Runs the statements of a search. They never use all connections, nor any that other operations need.
	 *
	 * @param timeoutMs of each statement. A statement that takes longer fails as `unavailable`, if the database can stop it.
	 */
	search<Result>(timeoutMs: number, work: (sql: Sql) => Promise<Result>): Promise<Result>
}

/** Its own reads are those of no caller, such as of the keys. */
export interface SqlDatabase extends Reads {
	/**
	 * The same database for the stores of a group: its writes and reads do not wait for those of other groups, if the
	 * database can process them independently. Closing one closes all.
	 */
	separate(group: StoreGroup): SqlDatabase
	/**
	 * The reads of a caller, which take turns with those of other callers. They reject with a ChatError `overloaded` if too
	 * many reads wait and this caller has the most.
	 */
	readsOf(caller: SharePath): Reads
	readonly textIndex: TextIndex
	/**
	 * Runs `work` in a transaction that it may share with other writes. Resolves once it is on disk. `work` may run more
	 * than once.
	 *
	 * @param key statements of works with different keys may alternate in one transaction. Only for works that remove
	 * nothing and that a constraint stops if they conflict: then each runs again alone. Other works never alternate.
	 * @param share whose write it is; writes without one share a turn.
	 */
	write<Result>(
		work: (sql: Sql) => Promise<Result | LastStatements<Result>>,
		key?: string,
		share?: WriteShare,
	): Promise<Result>
	/**
	 * Within `write`: locks the conversation `id`, or that of the turn `id`, against changes by any process until the
	 * transaction ends. Data that was read before may be out of date.
	 */
	lock(sql: Sql, id: string): Promise<void>
	/** `work` reads a consistent snapshot, which concurrent writes do not affect. */
	snapshot<Result>(work: (scan: Scan) => Promise<Result>): Promise<Result>
	/** An SQL expression: the time of the database's clock, in milliseconds since 1970. */
	readonly clockMs: string
	/** The migration steps that were applied when it was opened. */
	readonly migrated: readonly string[]
	/**
	 * Vacuums or checkpoints the database, so that deleted content is not recoverable from its files, as far as the
	 * database allows.
	 */
	erase(): Promise<void>
	/** The meaning of an error that this database has thrown. Undefined for all other errors. */
	explain(thrown: unknown): DatabaseFailure | undefined
	/**
	 * Runs a small query.
	 * @throws Error if the database cannot be read, or if its file was replaced since it was opened.
	 */
	check(): Promise<void>
	/**
	 * Replaces connections. Their pending queries fail as unavailable.
	 *
	 * @param reason `timeout` if the database does not respond, so that connections may be dead; `session-lost` after an
	 * error of that kind.
	 */
	reconnect(reason: 'timeout' | 'session-lost'): void
	/** Why the database does not respond, if it can find out without waiting: an error for the operator. */
	readonly delayCause?: (() => unknown) | undefined
	close(): Promise<void>
}
