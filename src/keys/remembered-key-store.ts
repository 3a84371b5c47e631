// Keys kept in memory in front of a store, so that a request costs no query. A counter that every process of a host shares tells when a key
// was made or revoked: then everything is read again, so that a revoked key ends with the next request. While the store cannot be reached,
// what was read before holds.

import { ChatError } from '../chat/error.ts'
import type { Key } from './key.ts'
import type { KeyStore } from './key-store.ts'

/** Tells changes between processes. */
export interface Changes {
	/** Differs from before once something changed. */
	read(): number
	bump(): void
}

export interface RememberedKeysOptions {
	readonly changes: Changes
	/** Whoever changes the database where the counter is not seen waits this long, in milliseconds. */
	readonly rememberMs: number
	/** Milliseconds of any steady clock. */
	readonly nowMs: () => number
	/** Resolves when a request whose key is known has waited long enough for a store that does not answer. */
	readonly patience: () => Promise<unknown>
}

interface Remembered {
	readonly key: Key
	readonly count: number
	readonly readMs: number
	/** When it could not be read again, and the counter then. */
	tried: { readonly ms: number; readonly count: number } | undefined
}

const maxRemembered = 10_000
/** How long a key holds that cannot be read again, in milliseconds. */
const longestAwayMs = 3_600_000

export function withMemory(store: KeyStore, { changes, rememberMs, nowMs, patience }: RememberedKeysOptions): KeyStore {
	const remembered = new Map<string, Remembered>()
	const changed = async <Result>(change: Promise<Result>): Promise<Result> => {
		const result = await change
		changes.bump()
		return result
	}
	const read = async (hash: string, count: number): Promise<Key | undefined> => {
		const key = await store.findByHash(hash)
		remembered.delete(hash)
		if (remembered.size >= maxRemembered) remembered.clear()
		// Counted before it was read: what changed in between is read again next time.
		if (key !== undefined) remembered.set(hash, { key, count, readMs: nowMs(), tried: undefined })
		return key
	}
	return {
		insert: (key) => changed(store.insert(key)),
		revoke: (which, now) => changed(store.revoke(which, now)),
		listOwn: (scope) => store.listOwn(scope),
		revokeOwn: (scope, id, now) => changed(store.revokeOwn(scope, id, now)),
		list: () => store.list(),
		close: () => store.close(),
		findByHash(hash) {
			const known = remembered.get(hash)
			const count = changes.read()
			if (known !== undefined && isFresh(known, count, nowMs() - rememberMs)) return known.key
			const reading = read(hash, count)
			if (known === undefined || nowMs() - known.readMs > longestAwayMs) return reading
			// Not every request waits for a database that is away.
			const holdOn = () => {
				known.tried = { ms: nowMs(), count }
				return known.key
			}
			const orHoldOn = reading.catch((thrown) => {
				if (thrown instanceof ChatError && thrown.kind === 'unavailable') return holdOn()
				throw thrown
			})
			// Something was changed: that is worth waiting for.
			return known.count === count ? Promise.race([orHoldOn, patience().then(holdOn)]) : orHoldOn
		},
	}
}

function isFresh(known: Remembered, count: number, sinceMs: number): boolean {
	const { tried } = known
	return (tried?.count === count && tried.ms > sinceMs) || (known.count === count && known.readMs > sinceMs)
}
