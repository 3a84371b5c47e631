// Identifies the caller. The only code that reads credentials, in every header that clients use.

import { ChatError } from '../chat/error.ts'
import type { Received } from '../http/received.ts'
import { hashSecret, isExpired, type Key, sameHash } from '../keys/key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { RequestObserver } from '../telemetry/observer.ts'

export interface Authenticated {
	readonly received: Received
	/** Each stage reports to it; none reads from it. */
	readonly observer: RequestObserver
	/** Absent if the transport authenticates callers. */
	readonly key: Key | undefined
}

/** @throws ChatError `unauthenticated` without a key, `invalid-key` if the key is unknown, revoked or expired. */
export async function authenticate(
	received: Received,
	observer: RequestObserver,
	keys: KeyStore | undefined,
): Promise<Authenticated> {
	if (keys === undefined) return { received, observer, key: undefined }
	const secret = presentedSecret(received.headers)
	if (secret === undefined)
		throw new ChatError(
			'unauthenticated',
			"You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
		)
	const hash = hashSecret(secret)
	const key = await keys.findByHash(hash)
	if (key === undefined || !sameHash(key.hash, hash)) throw invalidKey(secret, 'Incorrect API key provided')
	if (key.revokedAtMs !== null) throw invalidKey(secret, 'This API key has been revoked')
	if (isExpired(key, received.receivedAtMs)) throw invalidKey(secret, 'This API key has expired')
	observer.observe({ type: 'authenticated', key })
	return { received, observer, key }
}

/** The first of `Authorization: Bearer`, `x-api-key` and `api-key` that is present. */
export function presentedSecret(headers: Headers): string | undefined {
	const bearer = /^bearer\s+(.+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
	const secret = bearer ?? headers.get('x-api-key') ?? headers.get('api-key')
	return secret === null || secret.trim() === '' ? undefined : secret.trim()
}

function invalidKey(secret: string, problem: string): ChatError {
	return new ChatError(
		'invalid-key',
		`${problem}: ${mask(secret)}. Create a key with: dragoman keys create --name NAME`,
	)
}

/** Enough for the owner to recognize the key, in plain ASCII. */
function mask(secret: string): string {
	const plain = secret.replace(/[^\x21-\x7e]/g, '?')
	return plain.length < 12 ? '***' : `${plain.slice(0, 6)}***${plain.slice(-2)}`
}
