// The strength of the admin key that an operator chose. A weak one is refused on an address that other machines can
// reach, because they can guess it.

import { canonicalAddress } from '../http/addresses.ts'
import { isLoopback } from '../http/hosts.ts'
import { isStrongSecret, secretBits, strongSecretBits } from '../keys/secret-strength.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { ConfigFile } from './schema.ts'

const remedy = 'generate one with `openssl rand -hex 32`'

export function checkAdminKey(config: ConfigFile): readonly ConfigProblem[] {
	return isReachable(config) ? findWeakness(config, 'other machines can reach this server and guess it') : []
}

export function warnOfAdminKey(config: ConfigFile): readonly ConfigProblem[] {
	return isReachable(config) ? [] : findWeakness(config, 'it will be refused when `listen` is not a loopback address')
}

function isReachable({ listen }: ConfigFile): boolean {
	const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '')
	return !isLoopback(canonicalAddress(host) ?? host)
}

function findWeakness({ adminKey }: ConfigFile, consequence: string): readonly ConfigProblem[] {
	if (adminKey === undefined || isStrongSecret(adminKey)) return []
	const bits = Math.floor(secretBits(adminKey))
	const message = `the key is weak (about ${bits} bits, ${strongSecretBits} are needed), and ${consequence}: ${remedy}`
	return [{ path: ['adminKey'], message }]
}
