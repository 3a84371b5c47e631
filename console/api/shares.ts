// Shares: branches of conversations that others of the organization can read.

import type { ExportedMessage } from './conversations.ts'
import { callJson, callServer } from './server.ts'

export interface Share {
	readonly id: string
	/** Unix time in seconds. */
	readonly created_at: number
	readonly expires_at: number | null
	readonly files: boolean
}

export interface SharedBranch extends Share {
	readonly title: string | null
	readonly messages: readonly (Omit<ExportedMessage, 'turn'> & { readonly model: string })[]
}

/** @throws ServerError | ConnectionLost */
export const createShare = (
	conversation: string,
	share: { readonly message: string | undefined; readonly expires_at: number | undefined; readonly files: boolean },
): Promise<Share> => callJson(`conversations/${conversation}/shares`, { method: 'POST', body: share })

/** @throws ServerError | ConnectionLost */
export const listShares = async (conversation: string): Promise<readonly Share[]> =>
	(await callJson<{ readonly data: readonly Share[] }>(`conversations/${conversation}/shares`)).data

/** @throws ServerError | ConnectionLost */
export const revokeShare = async (conversation: string, share: string): Promise<void> => {
	await callServer(`conversations/${conversation}/shares/${share}`, { method: 'DELETE' })
}

/** @throws ServerError | ConnectionLost */
export const openShare = (id: string, signal?: AbortSignal): Promise<SharedBranch> =>
	callJson(`shares/${id}`, { signal })
