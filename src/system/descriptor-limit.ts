// How many files and sockets this process may have open. Bun raises the soft limit to the hard limit when it starts.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The soft limit of open files and sockets; infinite if there is none, undefined if it cannot be determined. */
export function readDescriptorLimit(): number | undefined {
	const text = process.platform === 'linux' ? readProc() : readShell()
	if (text === 'unlimited') return Number.POSITIVE_INFINITY
	const limit = Number(text)
	return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}

function readProc(): string | undefined {
	try {
		return /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
	} catch {
		return undefined
	}
}

/** A child process has the limits of its parent. */
function readShell(): string | undefined {
	const { status, stdout } = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })
	return status === 0 ? stdout.trim() : undefined
}
