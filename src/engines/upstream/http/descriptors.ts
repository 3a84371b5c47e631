// Detects that this process cannot open another file or socket. Bun reports a socket that could not be created as a
// refused connection, so the error alone does not distinguish a server that is down from a process at its limit.

import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

const exhausted = /^E[MN]FILE$/

/**
 * Whether a connection failed because this process, or the whole system, has no file descriptor left. Call it
 * immediately after the failure: it tries to open a file.
 */
export function isOutOfDescriptors(cause: unknown): boolean {
	if (exhausted.test(codeOf(cause))) return true
	try {
		closeSync(openSync(devNull, 'r'))
		return false
	} catch (thrown) {
		return exhausted.test(codeOf(thrown))
	}
}

function codeOf(thrown: unknown): string {
	return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
