// The strength of the admin key that an operator chose. A server refuses a weak one on an address that other machines can
// reach, because they can guess it. Commands that serve nothing do not check it.

import { canonicalAddress } from '../http/addresses.ts'
import { isLoopback } from '../http/hosts.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { isStrongSecret, secretBits, strongSecretBits } from '../keys/secret-strength.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { ConfigFile } from './schema.ts'

const remedy = 'generate one with `openssl rand -hex 32`'

export function checkAdminKey(config: ConfigFile): readonly ConfigProblem[] {
	return isReachable(config) ? findWeakness(config, 'other machines can reach this server and guess it') : []
}

export function warnOfAdminKey(config: ConfigFile): readonly ConfigProblem[] {
	return isReachable(config)
		? []
		: findWeakness(config, 'a server refuses it when `listen` is neither a loopback address nor a Unix socket')
}

function isReachable({ listen }: ConfigFile): boolean {
	if (socketPathOf(listen) !== undefined) return false
	const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '')
	return !isLoopback(canonicalAddress(host) ?? host)
}

function findWeakness({ adminKey }: ConfigFile, consequence: string): readonly ConfigProblem[] {
	if (adminKey === undefined || isStrongSecret(adminKey)) return []
	const bits = Math.floor(secretBits(adminKey))
	const message = `the key is weak (about ${bits} bits, ${strongSecretBits} are needed), and ${consequence}: ${remedy}`
	return [{ path: ['adminKey'], message }]
}
