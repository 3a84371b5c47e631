// The share that a write has of the writer of a database. It does not know how shares are compared.

import { type Scope, sharePathOf } from '../../keys/scope.ts'
import type { SharePath } from '../../system/fair-queue.ts'

/** Whose write it is, and how large: callers take turns, and no one waits for a large write in its own transaction. */
export interface WriteShare {
	readonly caller: SharePath
	/** How many rows it writes, about. */
	readonly rows: number
}

/** The share of a write of this scope. */
export function shareOf(scope: Scope, rows = 1): WriteShare {
	return { caller: sharePathOf(scope), rows }
}
