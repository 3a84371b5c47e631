// Keys kept in memory in front of a store, so that a request costs no query. A counter that every process shares tells when a key was
// made or revoked: then everything is forgotten, so that a revoked key ends with the next request.

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
	/** Milliseconds of any steady clock. */
	readonly nowMs: () => number
}

const maxRemembered = 10_000
/** Whoever changes the database by hand waits this long. */
const forgottenAfterMs = 10_000

export function withMemory(store: KeyStore, { changes, nowMs }: RememberedKeysOptions): KeyStore {
	const remembered = new Map<string, Key>()
	let seen = changes.read()
	let untilMs = nowMs() + forgottenAfterMs
	const changed = async <Result>(change: Promise<Result>): Promise<Result> => {
		const result = await change
		changes.bump()
		return result
	}
	return {
		insert: (key) => changed(store.insert(key)),
		revoke: (which, now) => changed(store.revoke(which, now)),
		list: () => store.list(),
		close: () => store.close(),
		async findByHash(hash) {
			const count = changes.read()
			if (count !== seen || nowMs() > untilMs) {
				remembered.clear()
				seen = count
				untilMs = nowMs() + forgottenAfterMs
			}
			const known = remembered.get(hash)
			if (known !== undefined) return known
			const found = await store.findByHash(hash)
			// What was read while a change came may be old already.
			if (found !== undefined && changes.read() === seen && remembered.size < maxRemembered) remembered.set(hash, found)
			return found
		},
	}
}
