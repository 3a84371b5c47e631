// Who may read GET /metrics: everyone, or clients on this machine, from permitted addresses, or with a key of the role
// `admin` or a token. It does not know metrics.

import { timingSafeEqual } from 'node:crypto'
import { ChatError } from '../chat/error.ts'
import type { AddressSet } from '../http/addresses.ts'
import { isLoopback } from '../http/hosts.ts'
import type { Received } from '../http/received.ts'
import { hashSecret } from '../keys/key.ts'
import type { KeyVerifier } from '../keys/key-verifier.ts'
import { authenticate, presentedSecret } from '../pipeline/authenticate.ts'
import type { RequestObserver } from '../telemetry/observer.ts'

export type MetricsAccess =
	| { readonly type: 'open' }
	| {
			readonly type: 'restricted'
			/** Addresses that need no key, in addition to this machine. */
			readonly addresses: AddressSet
			/** A token that is accepted instead of a key. */
			readonly token?: string | undefined
	  }

/** Headers by which a proxy that is not trusted, and hides the address of its client, can be recognized. */
const forwarding = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via']

/** Whether the client may read the metrics without a key. */
export function mayReadMetrics(access: MetricsAccess, received: Received): boolean {
	return access.type === 'open' || isPermitted(access.addresses, received)
}

/** @throws ChatError `unauthenticated`, `invalid-key` or `forbidden` if the key does not permit it. */
export async function authorizeMetrics(
	access: MetricsAccess,
	received: Received,
	observer: RequestObserver,
	keys: KeyVerifier,
): Promise<void> {
	const secret = presentedSecret(received.headers)
	const token = access.type === 'restricted' ? access.token : undefined
	if (secret !== undefined && token !== undefined && isSame(secret, token)) return
	const { key } = await authenticate(received, observer, keys)
	if (key?.role !== 'admin')
		throw new ChatError('forbidden', 'Reading the metrics needs a key with the role admin, or the metrics token.')
}

function isPermitted(addresses: AddressSet, { client, headers }: Received): boolean {
	const { address } = client
	if (address !== undefined && addresses.has(address)) return true
	const isHidden = !client.isProxied && forwarding.some((name) => headers.has(name))
	// The peer of a Unix socket is on this machine.
	return (address === undefined || isLoopback(address)) && !isHidden
}

function isSame(secret: string, token: string): boolean {
	return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(hashSecret(token)))
}
