// Keys of the caller, by the dialect that has them.

import { callJson } from './server.ts'

/**
 * A key that ends with the session's. The server shows it this once.
 *
 * @throws ServerError | ConnectionLost
 */
export const createKey = async (name: string): Promise<string> =>
	(await callJson<{ readonly token: string }>('keys', { method: 'POST', body: { name }, dialect: 'opengatellm' })).token

/**
 * The name of the key's owner; of the key itself if it has no other owner.
 *
 * @throws ServerError | ConnectionLost
 */
export const readKeyName = async (signal: AbortSignal): Promise<string | undefined> =>
	(await callJson<{ readonly name?: string }>('me', { dialect: 'opengatellm', signal })).name
