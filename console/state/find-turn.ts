// Finds out whether the server has a question whose request was lost without a response.

import { type ExportedTurn, exportConversation, listConversations } from '../api/conversations.ts'
import { ServerError } from '../api/server.ts'

/** A question that begins a conversation is searched for in this many of the newest ones. */
const newest = 5

export interface FoundTurn {
	readonly conversation: string
	readonly turn: ExportedTurn
}

/** @throws ServerError | ConnectionLost */
export async function findTurn(
	conversation: string | undefined,
	clientId: string,
	signal?: AbortSignal,
): Promise<FoundTurn | undefined> {
	const candidates =
		conversation === undefined
			? (await listConversations({ limit: newest, signal })).data.map(({ id }) => id)
			: [conversation]
	for (const id of candidates) {
		const turn = (await readTurns(id, signal)).find(({ metadata }) => metadata.client_id === clientId)
		if (turn !== undefined) return { conversation: id, turn }
	}
	return undefined
}

async function readTurns(id: string, signal: AbortSignal | undefined): Promise<readonly ExportedTurn[]> {
	try {
		return (await exportConversation(id, signal)).turns
	} catch (failure) {
		// Deleted in the meantime.
		if (failure instanceof ServerError && failure.status === 404) return []
		throw failure
	}
}
