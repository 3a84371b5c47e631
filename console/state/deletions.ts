// Conversations that a person has deleted: they leave the list immediately, and the server when the person can no longer undo
// it. Until then they are noted on this device, so that a page that was closed meanwhile neither loses nor forgets them.

import { deleteConversation } from '../api/conversations.ts'
import { ConnectionLost, ServerError } from '../api/server.ts'
import { waitForConnection } from './connection.ts'
import { hideConversations, showConversations } from './conversation-list.ts'
import { session } from './session.ts'
import { thisDevice } from './storage.ts'

const prefix = 'deleted.'
/** Requests at the same time. */
const concurrent = 4

/** Another person of this device has other conversations. */
const accountOf = (key: string): string => key.slice(-6)

export function noteDeletion(ids: readonly string[]): void {
	for (const id of ids) thisDevice.write(prefix + id, accountOf(session.value.key))
	hideConversations(ids)
}

/** Shows the conversations again, as they are on the server. */
export async function undoDeletion(ids: readonly string[]): Promise<void> {
	for (const id of ids) thisDevice.write(prefix + id, undefined)
	await showConversations(ids)
}

/** The ids that were noted by an earlier visit, or by another tab, and that the server still has. */
export function notedDeletions(): readonly string[] {
	const account = accountOf(session.value.key)
	return thisDevice
		.names(prefix)
		.filter((name) => thisDevice.read(name) === account)
		.map((name) => name.slice(prefix.length))
}

/**
 * Deletes from the server what is still noted: another tab may have undone it. Without a connection it waits for one.
 *
 * @returns those that the server refused to delete, which are shown again, and why.
 */
export async function finishDeletion(
	ids: readonly string[],
): Promise<{ readonly refused: readonly string[]; readonly reason: unknown }> {
	const left = ids.filter((id) => thisDevice.read(prefix + id) === accountOf(session.value.key))
	const refused: string[] = []
	let reason: unknown
	const work = async () => {
		for (let id = left.shift(); id !== undefined; id = left.shift()) {
			const failure = await removeFromServer(id)
			if (failure !== undefined) {
				refused.push(id)
				reason ??= failure
			}
			thisDevice.write(prefix + id, undefined)
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
