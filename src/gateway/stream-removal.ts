// Deletes the stored streams of deleted turns, so that no part of a deleted turn remains readable.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { StoredStreams } from '../streams/stored-streams.ts'

export function removeStreamsWithTurns(store: ConversationStore, streams: StoredStreams): void {
	store.subscribe(async (scope, turns) => {
		if (turns === 'all') await streams.remove(scope)
		else for (const turn of turns) await streams.remove(scope, turn)
	})
}
