// Which key is the session's, and which keys end with another one. It does not know how keys are shown or ended.

import type { KeySummary } from '../api/keys.ts'

/** The beginning of a key, which the server shows instead of the whole. */
export const prefixOf = ({ token }: KeySummary): string => token.replace(/\.+$/, '')

/** @param session the whole key of the session. */
export const isSessionKey = (key: KeySummary, session: string): boolean =>
	session.length > prefixOf(key).length && session.startsWith(prefixOf(key))

/** The keys that end with this one: those that it created, those that they created, and so on. Without itself. */
export function endingWith(id: string, keys: readonly KeySummary[]): readonly KeySummary[] {
	const ids = new Set([id])
	// A set is walked to its end while it grows.
	for (const parent of ids) for (const key of keys) if (key.parent === parent) ids.add(key.id)
	return keys.filter((key) => key.id !== id && ids.has(key.id))
}
