// Identifies the caller. The only code that reads credentials, in every header that clients use.

import { ChatError } from '../chat/error.ts'
import type { Received } from '../http/received.ts'
import type { RequestHeaders } from '../http/request-headers.ts'
import type { Key } from '../keys/key.ts'
import type { KeyVerifier } from '../keys/key-verifier.ts'
import type { RequestObserver } from '../telemetry/observer.ts'

export interface Authenticated {
	readonly received: Received
	/** Each stage reports to it; none reads from it. */
	readonly observer: RequestObserver
	/** Absent if the transport authenticates callers. */
	readonly key: Key | undefined
}

/** @throws ChatError `unauthenticated` without a key; otherwise as `KeyVerifier.verify`. */
export async function authenticate(
	received: Received,
	observer: RequestObserver,
	keys: KeyVerifier | undefined,
): Promise<Authenticated> {
	if (keys === undefined) return { received, observer, key: undefined }
	const secret = presentedSecret(received.headers)
	if (secret === undefined)
		throw new ChatError(
			'unauthenticated',
			"You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
		)
	const key = await keys.verify(secret, received.client.address, received.receivedAtMs)
	observer.observe({ type: 'authenticated', key })
	return { received, observer, key }
}

/** The first of `Authorization: Bearer`, `x-api-key` and `api-key` that is present. */
export function presentedSecret(headers: RequestHeaders): string | undefined {
	const bearer = /^bearer\s+(.+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
	const secret = bearer ?? headers.get('x-api-key') ?? headers.get('api-key')
	return secret === null || secret.trim() === '' ? undefined : secret.trim()
}
