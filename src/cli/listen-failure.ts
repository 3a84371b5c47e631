// Explains to the operator why the server cannot listen on an address.

import { CliError } from './cli-error.ts'

const unresolved = 'the host name cannot be resolved'

const reasons: Readonly<Record<string, string>> = {
	EADDRINUSE: 'the address is in use',
	EADDRNOTAVAIL: 'this machine does not have the address',
	EACCES: 'permission denied; ports below 1024 may need a privilege',
	ENOTFOUND: unresolved,
	EAI_AGAIN: unresolved,
	// Bun's code for an unresolved name; the form of the address was checked before.
	EINVAL: unresolved,
}

export function listenError(address: string, cause: unknown): CliError {
	const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
	const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
	return new CliError(`Cannot listen on ${address}: ${reason}`)
}
