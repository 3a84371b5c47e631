// What the page reads after the sign-in. Without a connection it tries again until it has it; what the server refused can be
// requested again.

import { signal } from '@preact/signals'
import { ConnectionLost, ServerError } from '../api/server.ts'
import { reached, waitForConnection } from './connection.ts'
import { loadConversations } from './conversation-list.ts'
import { loadModels, models } from './models.ts'

/** Why the server refused one of the lists. */
export const listFailure = signal<ServerError | undefined>(undefined)

export function loadLists(until?: AbortSignal): void {
	listFailure.value = undefined
	void untilReached(loadConversations, until)
	if (models.value === undefined) void untilReached(loadModels, until)
}

async function untilReached(
	load: () => Promise<void>,
	until: AbortSignal = new AbortController().signal,
): Promise<void> {
	for (let attempt = 0; !until.aborted; attempt++) {
		try {
			await load()
			reached.value = true
			return
		} catch (failure) {
			// The server's other answers are not better a moment later; a rejected key has a dialog.
			if (failure instanceof ServerError && failure.status !== 401) listFailure.value = failure
			if (!(failure instanceof ConnectionLost)) return
			reached.value = false
			await waitForConnection(attempt, until)
		}
	}
}
