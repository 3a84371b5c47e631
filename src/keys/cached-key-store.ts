// A cache in front of a key store, so that a request needs no query. All processes of a host share counters that change
// when a key is revoked. A change invalidates that key, so it is rejected from the next request on, and the keys of
// other callers are not read again. While the store is unavailable, cached keys stay valid.

import { ChatError } from '../chat/error.ts'
import type { Key } from './key.ts'
import type { KeyStore } from './key-store.ts'

/** Change counters that processes share. */
export interface Changes {
	/** The current count of the key with this hash; differs after each change. */
	read(hash: string): number
	bump(hash: string): void
}

export interface KeyCacheOptions {
	readonly changes: Changes
	/**
	 * How long a key is cached, in milliseconds. Changes by processes that do not share the counters take effect after
	 * this time.
	 */
	readonly ttlMs: number
	/** Milliseconds of a monotonic clock. */
	readonly nowMs: () => number
	/** Resolves when a request with a cached key has waited long enough for a store that does not respond. */
	readonly timeout: () => Promise<unknown>
}

interface CachedKey {
	readonly key: Key
	readonly count: number
	readonly readMs: number
	/** Time and counter of the last failed attempt to read it again. */
	tried: { readonly ms: number; readonly count: number } | undefined
}

const maxCachedKeys = 10_000
/** How long a cached key stays valid while the store is unavailable, in milliseconds. */
const maxStaleMs = 3_600_000

export function withCache(store: KeyStore, { changes, ttlMs, nowMs, timeout }: KeyCacheOptions): KeyStore {
	const cached = new Map<string, CachedKey>()
	const read = async (hash: string, count: number): Promise<Key | undefined> => {
		const key = await store.findByHash(hash)
		cached.delete(hash)
		if (cached.size >= maxCachedKeys) cached.clear()
		// The counter was read before the key: a change in between invalidates the key at its next use.
		if (key !== undefined) cached.set(hash, { key, count, readMs: nowMs(), tried: undefined })
		return key
	}
	return {
		// Only keys that exist are cached, so a new key invalidates nothing.
		insert: (key) => store.insert(key),
		insertChild: (key, bounds) => store.insertChild(key, bounds),
		async revoke(id, now) {
			const revocation = await store.revoke(id, now)
			if (revocation !== undefined)
				for (const { hash } of [revocation.key, ...revocation.descendants]) changes.bump(hash)
			return revocation
		},
		listOwn: (scope) => store.listOwn(scope),
		list: () => store.list(),
		close: () => store.close(),
		findByHash(hash) {
			const known = cached.get(hash)
			const count = changes.read(hash)
			if (known !== undefined && isFresh(known, count, nowMs() - ttlMs)) return known.key
			const reading = read(hash, count)
			if (known === undefined || nowMs() - known.readMs > maxStaleMs) return reading
			// The failure is recorded so that not every request waits for an unavailable database.
			const useCached = () => {
				known.tried = { ms: nowMs(), count }
				return known.key
			}
			const readingOrCached = reading.catch((thrown) => {
				if (thrown instanceof ChatError && thrown.kind === 'unavailable') return useCached()
				throw thrown
			})
			// After a change the cached key may be revoked, so the request waits for the store.
			return known.count === count ? Promise.race([readingOrCached, timeout().then(useCached)]) : readingOrCached
		},
	}
}

function isFresh(known: CachedKey, count: number, sinceMs: number): boolean {
	const { tried } = known
	return (tried?.count === count && tried.ms > sinceMs) || (known.count === count && known.readMs > sinceMs)
}
