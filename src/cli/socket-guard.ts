// Reserves the path of a Unix socket for this process, and removes a socket that a killed server left there. The lock
// is held by the process, so a second server cannot take a socket that is in use for a stale one.

import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { type HeldLock, holdLock } from '../system/lock.ts'

/**
 * Removes a stale socket at `path`. The caller listens while it holds the lock, whose file is next to the socket and remains.
 *
 * @throws Error with the system's `code`: `EADDRINUSE` if another server uses the path, `EEXIST` if it is not a socket.
 */
export async function guardSocket(path: string): Promise<HeldLock> {
	const lock = holdLock(`${path}.lock`, { create: true })
	if (lock === undefined) throw inUse()
	try {
		const found = await lstat(path).catch(() => undefined)
		if (found?.isSocket() === false) throw Object.assign(new Error('the path exists'), { code: 'EEXIST' })
		if (found !== undefined) {
			if (await answers(path)) throw inUse()
			await unlink(path)
		}
		return lock
	} catch (thrown) {
		lock.release()
		throw thrown
	}
}

/** Whether a process accepts connections, for example a server that does not know the lock. */
function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(path)
		socket.once('connect', () => {
			socket.destroy()
			resolve(true)
		})
		// A process that does not permit connections is not stale either.
		socket.once('error', (error) => resolve(!('code' in error) || error.code !== 'ECONNREFUSED'))
	})
}

function inUse(): Error {
	return Object.assign(new Error('another server uses the socket'), { code: 'EADDRINUSE' })
}
