// A conversation store that also deletes the streams of deleted turns, so that no part of a deleted turn remains readable.

import type { ConversationStore } from '../conversations/conversation-store.ts'
import type { Scope } from '../keys/scope.ts'
import type { StoredStreams } from '../streams/stored-streams.ts'

const pageSize = 200

export function withStreamRemoval(store: ConversationStore, streams: StoredStreams): ConversationStore {
	const removeStreams = async (scope: Scope, conversation: string): Promise<void> => {
		const stored = await store.everything(scope, conversation)
		for (const { id } of stored?.turns ?? []) await streams.remove(scope, id)
	}
	return {
		create: (scope, conversation) => store.create(scope, conversation),
		find: (scope, id) => store.find(scope, id),
		list: (scope, query) => store.list(scope, query),
		update: (scope, id, change) => store.update(scope, id, change),
		begin: (scope, turn) => store.begin(scope, turn),
		end: (scope, turn, end) => store.end(scope, turn, end),
		drop: (scope, turn) => store.drop(scope, turn),
		path: (scope, conversation, options) => store.path(scope, conversation, options),
		messages: (scope, conversation, page) => store.messages(scope, conversation, page),
		message: (scope, conversation, id) => store.message(scope, conversation, id),
		replace: (scope, conversation, id, message) => store.replace(scope, conversation, id, message),
		everything: (scope, conversation) => store.everything(scope, conversation),
		turn: (scope, id) => store.turn(scope, id),
		turns: (scope, query) => store.turns(scope, query),
		updateTurn: (scope, id, metadata) => store.updateTurn(scope, id, metadata),
		interrupt: (process, nowMs) => store.interrupt(process, nowMs),
		expire: (beforeMs) => store.expire(beforeMs),
		close: () => store.close(),
		async remove(scope, id) {
			await removeStreams(scope, id)
			return store.remove(scope, id)
		},
		async removeTurn(scope, id) {
			if ((await store.turn(scope, id)) !== undefined) await streams.remove(scope, id)
			return store.removeTurn(scope, id)
		},
		async removeAll(scope, user) {
			if (user === undefined) await streams.remove(scope)
			else
				for (let after: string | undefined, more = true; more; ) {
					const page = await store.list(scope, { user, limit: pageSize, order: 'asc', after })
					for (const { id } of page?.items ?? []) await removeStreams(scope, id)
					after = page?.items.at(-1)?.id
					more = page?.more ?? false
				}
			return store.removeAll(scope, user)
		},
	}
}
