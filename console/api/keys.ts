// Keys of the caller, by the dialect that has them.

import { callJson } from './server.ts'

export interface KeySummary {
	readonly id: string
	readonly name: string
	/** The beginning of the key, with three dots. The whole key in the answer that creates it. */
	readonly token: string
	/** Unix time in seconds. */
	readonly created: number
	/** Unix time in seconds. */
	readonly expires: number | null
	readonly status: 'active' | 'expired' | 'revoked'
	/** The key that created it, which it ends with. */
	readonly parent: string | null
	/** A day (UTC) such as `2026-11-28`. Absent if the server does not record usage. */
	readonly last_used_on?: string | null
}

export interface KeyPage {
	readonly data: readonly KeySummary[]
	/** The number of all keys. */
	readonly total: number
	/** Whether the session's key may create keys. */
	readonly can_create: boolean
}

const [pageSize, mostPages] = [100, 5]

/**
 * All keys of the session's owner that are not revoked, newest first; of more than 500 the newest ones.
 *
 * @throws ServerError | ConnectionLost
 */
export async function listKeys(signal: AbortSignal): Promise<KeyPage> {
	const data: KeySummary[] = []
	for (let pages = 1; ; pages++) {
		const query = `limit=${pageSize}&offset=${data.length}&sort_by=created&sort_order=desc`
		const page = await callJson<KeyPage>(`keys?${query}`, { dialect: 'opengatellm', signal })
		data.push(...page.data)
		if (page.data.length === 0 || data.length >= page.total || pages === mostPages) return { ...page, data }
	}
}

/**
 * A key that ends with the session's. The server shows it this once.
 *
 * @param key.expires Unix time in seconds; undefined: not before the session's key.
 * @throws ServerError | ConnectionLost
 */
export const createKey = (key: { readonly name: string; readonly expires?: number | undefined }): Promise<KeySummary> =>
	callJson('keys', { method: 'POST', body: key, dialect: 'opengatellm' })

/**
 * Ends a key and those that it created.
 *
 * @returns how many others ended with it.
 * @throws ServerError | ConnectionLost
 */
export const revokeKey = async (id: string): Promise<number> =>
	(
		await callJson<{ readonly revoked_descendants?: number }>(`keys/${id}`, {
			method: 'DELETE',
			dialect: 'opengatellm',
		})
	).revoked_descendants ?? 0

/**
 * The name of the key's owner; of the key itself if it has no other owner.
 *
 * @throws ServerError | ConnectionLost
 */
export const readKeyName = async (signal: AbortSignal): Promise<string | undefined> =>
	(await callJson<{ readonly name?: string }>('me', { dialect: 'opengatellm', signal })).name
