// Storage and queries of settled ledger entries. Every implementation runs ledger-store.contract.ts.

import type { LedgerEntry } from './ledger-entry.ts'
import type { EntryOwner, EntryQuery, EntrySelection, EntrySum, UsageQuery, UsageSum } from './usage-query.ts'

export interface LedgerStore {
	/** Inserts all entries or none. An entry whose id already exists is ignored. */
	insert(entries: readonly LedgerEntry[]): Promise<void>
	/**
	 * Whether plain entries can be inserted: inserts one and rolls it back.
	 *
	 * @throws the error of the database if they cannot.
	 */
	verify(): Promise<void>
	/** Usage summed by day, including days whose entries have been removed. */
	usage(query: UsageQuery): Promise<readonly UsageSum[]>
	/** Entries of one scope; newest first by default. */
	entries(query: EntryQuery): Promise<readonly LedgerEntry[]>
	/** Totals of all entries that match the query, over all pages. */
	sumEntries(query: EntrySelection): Promise<EntrySum>
	/** The last day (UTC) with an entry, such as `2026-11-23`, by key. Includes days whose entries have been removed. */
	lastDays(owner: EntryOwner): Promise<ReadonlyMap<string, string>>
	/**
	 * Removes a batch of the entries that were settled before `beforeMs`. The sums of their days are retained.
	 *
	 * @returns the number of removed entries; 0 once none is left.
	 */
	expire(beforeMs: number): Promise<number>
	/** Settlement time of the newest entry, in milliseconds since 1970; undefined if there is none. */
	newestMs(): Promise<number | undefined>
	close(): Promise<void>
}
