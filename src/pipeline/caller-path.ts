// Who a request belongs to where callers share something fairly.

import type { Key } from '../keys/key.ts'
import { sharePathOf } from '../keys/scope.ts'
import { anonymous, type SharePath } from '../system/fair-queue.ts'

/** The caller with this key, or the share of all requests without one. */
export function callerOf(key: Key | undefined): SharePath {
	return key === undefined ? anonymous : sharePathOf(key)
}
