// Reserves the path of a Unix socket for this process, and removes a socket that a killed server left there. The lock
// is held by the process, so a second server cannot take a socket that is in use for a stale one. `dragoman doctor` reads
// the state of a path without changing it.

import { access, constants, lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { type HeldLock, holdLock } from '../system/lock.ts'

/**
 * Removes a stale socket at `path`. The caller listens while it holds the lock, whose file is next to the socket and remains.
 *
 * @throws Error with the system's `code`: `EADDRINUSE` if another server uses the path, `EEXIST` if it is not a socket.
 */
export async function guardSocket(path: string): Promise<HeldLock> {
	const lock = holdLock(lockFileOf(path), { create: true })
	if (lock === undefined) throw inUse()
	try {
		const state = await readSocketState(path)
		switch (state) {
			case 'none':
				return lock
			case 'stale':
				await unlink(path)
				return lock
			case 'used':
				throw inUse()
			case 'occupied':
				throw Object.assign(new Error('the path exists'), { code: 'EEXIST' })
			default:
				return state satisfies never
		}
	} catch (thrown) {
		lock.release()
		throw thrown
	}
}

/**
 * What is at a path: no file, the socket of a killed server, a socket in use, or a file of another type. A socket that this
 * user may not connect to counts as used.
 */
export type SocketState = 'none' | 'stale' | 'used' | 'occupied'

/** Changes nothing, except that a process which listens there sees a connection that ends immediately. */
export async function readSocketState(path: string): Promise<SocketState> {
	const found = await lstat(path).catch(() => undefined)
	if (found === undefined) return 'none'
	if (!found.isSocket()) return 'occupied'
	return (await answers(path)) ? 'used' : 'stale'
}

/** Whether a server could take the lock of `guardSocket`: `held` by another one, or `denied` by the permissions of its file. */
export type SocketLockState = 'free' | 'held' | 'denied'

/** Creates no file. A server that starts at the same moment may find the lock held. */
export async function readSocketLock(path: string): Promise<SocketLockState> {
	const file = lockFileOf(path)
	if ((await lstat(file).catch(() => undefined)) === undefined) return 'free'
	if (!(await isWritable(file))) return 'denied'
	const lock = holdLock(file, { create: false })
	lock?.release()
	return lock === undefined ? 'held' : 'free'
}

function isWritable(file: string): Promise<boolean> {
	return access(file, constants.R_OK | constants.W_OK).then(
		() => true,
		() => false,
	)
}

export function lockFileOf(path: string): string {
	return `${path}.lock`
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
