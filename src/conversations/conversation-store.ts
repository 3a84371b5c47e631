// Storage of conversations, in five parts. Every implementation runs conversation-store.contract.ts.

import type { Scope } from '../keys/scope.ts'
import type { ConversationIndex } from './conversation-index.ts'
import type { History } from './history.ts'
import type { Maintenance } from './maintenance.ts'
import type { Shares } from './shares.ts'
import type { TurnId } from './turn-id.ts'
import type { Turns } from './turns.ts'

/**
 * A resolved promise means that the change is on disk. Failures that a caller can handle are return values; if the
 * database is unreachable, every method throws a ChatError `unavailable`.
 */
export interface ConversationStore {
	/**
	 * The conversations of one scope. Its holder cannot access other scopes: their objects do not exist for it, except for what
	 * others of the tenant share.
	 */
	in(scope: Scope): ScopedConversations
	readonly maintenance: Maintenance
	/**
	 * Calls `listener` before turns are removed on request of a caller, not when they expire. The removal waits for it,
	 * and fails if it fails.
	 */
	subscribe(listener: RemovalListener): void
}

export interface ScopedConversations {
	readonly index: ConversationIndex
	readonly history: History
	readonly turns: Turns
	readonly shares: Shares
}

/** @param turns `all`: every turn of the scope. */
export type RemovalListener = (scope: Scope, turns: readonly TurnId[] | 'all') => Promise<void>
