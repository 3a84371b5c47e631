// Conversations that a person has deleted: they leave the list immediately, and the server when the person can no longer undo
// it. Until then they are noted on this device, so that a page that was closed meanwhile neither loses nor forgets them.

import { deleteConversation } from '../api/conversations.ts'
import { ConnectionLost, ServerError } from '../api/server.ts'
import { waitForConnection } from './connection.ts'
import { hideConversations, showConversations } from './conversation-list.ts'
import { DeviceNotes } from './device-notes.ts'

const notes = new DeviceNotes('deleted.')
/** Requests at the same time. */
const concurrent = 4

export function noteDeletion(ids: readonly string[]): void {
	for (const id of ids) notes.add(id)
	hideConversations(ids)
}

/** Shows the conversations again, as they are on the server. */
export async function undoDeletion(ids: readonly string[]): Promise<void> {
	for (const id of ids) notes.remove(id)
	await showConversations(ids)
}

/** The ids that were noted by an earlier visit, or by another tab, and that the server still has. */
export const notedDeletions = (): readonly string[] => notes.names

/** Calls `changed` with the id of each conversation that another tab has deleted, or for which it has undone or completed that. */
export const followDeletions = (changed: (id: string, isDeleted: boolean) => void): void =>
	notes.followOtherTabs(changed)

/**
 * Deletes from the server what is still noted: another tab may have undone it. Without a connection it waits for one.
 *
 * @returns those that the server refused to delete, which are shown again, and why.
 */
export async function finishDeletion(
	ids: readonly string[],
): Promise<{ readonly refused: readonly string[]; readonly reason: unknown }> {
	const left = ids.filter((id) => notes.has(id))
	const refused: string[] = []
	let reason: unknown
	const work = async () => {
		for (let id = left.shift(); id !== undefined; id = left.shift()) {
			const failure = await removeFromServer(id)
			if (failure !== undefined) {
				refused.push(id)
				reason ??= failure
			}
			notes.remove(id)
		}
	}
	await Promise.all(Array.from({ length: concurrent }, work))
	if (refused.length > 0) await showConversations(refused).catch(() => undefined)
	return { refused, reason }
}

/** @returns the failure, if the server has refused. */
async function removeFromServer(id: string): Promise<unknown> {
	for (let attempt = 0; ; attempt++) {
		try {
			await deleteConversation(id)
			return undefined
		} catch (failure) {
			// Another tab, or another client, has deleted it.
			if (failure instanceof ServerError) return failure.status === 404 ? undefined : failure
			if (!(failure instanceof ConnectionLost)) return failure
			await waitForConnection(attempt, new AbortController().signal)
		}
	}
}
