// Explains to the operator why the server cannot listen on an address.

import { socketPathOf } from '../http/listen-address.ts'
import { CliError } from './cli-error.ts'

const unresolved = 'the host name cannot be resolved'

const reasons: Readonly<Record<string, string>> = {
	EADDRINUSE: 'the address is in use',
	EADDRNOTAVAIL: 'this machine does not have the address',
	EACCES: 'permission denied; ports below 1024 may need a privilege',
	ENOTFOUND: unresolved,
	EAI_AGAIN: unresolved,
	// Bun's code for an unresolved name of a server; the form of the address was checked before.
	EINVAL: unresolved,
}

/** Bun's message for an unresolved name of a socket, which has no code. */
const failedToListen = /^Failed to listen at /

/** Of Unix sockets, for which some codes mean something else. */
const socketReasons: Readonly<Record<string, string>> = {
	EACCES: 'permission denied: the user of this process cannot write to its folder',
	EEXIST: 'a file that is not a socket exists there: remove it, or use another path',
	ENOENT: 'its folder does not exist',
	SQLITE_CANTOPEN: 'its folder does not exist, or the user of this process cannot write to it',
	SQLITE_READONLY: 'the user of this process cannot write to its folder',
}

export function listenError(address: string, cause: unknown): CliError {
	const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
	const own = socketPathOf(address) === undefined ? undefined : socketReasons[code]
	const message = cause instanceof Error ? cause.message : String(cause)
	const isUnresolved = code === '' && failedToListen.test(message)
	const reason = own ?? reasons[code] ?? (isUnresolved ? unresolved : message)
	return new CliError(`Cannot listen on ${address}: ${reason}`)
}
