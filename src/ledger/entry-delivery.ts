// Inserts ledger entries into the database, and sets those aside that the database refuses for a reason of their own, so
// that the others do not wait for them. It does not know the errors of any database: an entry is refused if it fails
// alone, twice, while a plain entry can be inserted.

import { ChatError, isTemporary } from '../chat/error.ts'
import type { Log } from '../system/log.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { Quarantine } from './quarantine.ts'

export interface DeliveryContext {
	readonly store: LedgerStore
	readonly quarantine: Quarantine
	readonly log: Log
	readonly nowMs: () => number
}

/**
 * Resolves when every entry is in the database or in quarantine. If it throws, all entries can be delivered again.
 *
 * @throws the error of the database if it is unavailable, or refuses every entry; Error if an entry cannot be set aside.
 */
export async function deliverEntries(entries: readonly LedgerEntry[], context: DeliveryContext): Promise<void> {
	const { store } = context
	const failure = await tryInsert(entries, store)
	if (failure === undefined) return
	await requireHealthy(store, failure.thrown)
	await deliverParts(entries, context)
}

/** Halves the entries until those that fail are alone. */
async function deliverParts(entries: readonly LedgerEntry[], context: DeliveryContext): Promise<void> {
	const [first] = entries
	if (first === undefined) return
	if (entries.length === 1) return deliverAlone(first, context)
	const middle = Math.ceil(entries.length / 2)
	for (const part of [entries.slice(0, middle), entries.slice(middle)])
		if ((await tryInsert(part, context.store)) !== undefined) await deliverParts(part, context)
}

async function deliverAlone(entry: LedgerEntry, { store, quarantine, log, nowMs }: DeliveryContext): Promise<void> {
	const first = await tryInsert([entry], store)
	if (first === undefined) return
	await requireHealthy(store, first.thrown)
	const second = await tryInsert([entry], store)
	if (second === undefined) return
	const reason = describeRefusal(second.thrown)
	await quarantine.add({ entry, reason, quarantinedAtMs: nowMs() })
	const { id, key, model, upstream } = entry
	log.error(
		{ record: id, key, model, upstream, err: second.thrown },
		'the database refuses a usage record: it is in quarantine, see `dragoman usage quarantine`',
	)
}

/**
 * Undefined if the entries are in the database.
 *
 * @throws ChatError if the database is unavailable.
 */
async function tryInsert(
	entries: readonly LedgerEntry[],
	store: LedgerStore,
): Promise<{ readonly thrown: unknown } | undefined> {
	try {
		await store.insert(entries)
		return undefined
	} catch (thrown) {
		if (isTemporary(thrown)) throw thrown
		return { thrown }
	}
}

/** @throws `failure` if the database accepts no entry at all. */
async function requireHealthy(store: LedgerStore, failure: unknown): Promise<void> {
	try {
		await store.verify()
	} catch {
		throw failure
	}
}

/** The message of the database, which may be the cause of an error for callers. */
export function describeRefusal(thrown: unknown): string {
	if (!(thrown instanceof Error)) return String(thrown)
	return thrown instanceof ChatError && thrown.cause !== undefined ? describeRefusal(thrown.cause) : thrown.message
}
