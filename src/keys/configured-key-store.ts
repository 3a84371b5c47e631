// A store in front of which stands one more key: the operator's own, from the configuration. It is never written anywhere.

import type { Key } from './key.ts'
import { sameHash } from './key.ts'
import type { KeyStore } from './key-store.ts'

export function withConfiguredKey(store: KeyStore, configured: Key): KeyStore {
	return {
		insert: (key) => store.insert(key),
		findByHash: (hash) => (sameHash(hash, configured.hash) ? configured : store.findByHash(hash)),
		list: () => store.list(),
		revoke: (which, nowMs) => store.revoke(which, nowMs),
		listOwn: (scope) => store.listOwn(scope),
		revokeOwn: (scope, id, nowMs) => store.revokeOwn(scope, id, nowMs),
		close: () => store.close(),
	}
}
