// A conversation store bound to one scope, so that its holder cannot access other scopes.

import type { Scope } from '../keys/scope.ts'
import type { ConversationStore } from './conversation-store.ts'

type Bound<Method> = Method extends (scope: Scope, ...rest: infer Rest) => infer Result
	? (...rest: Rest) => Result
	: never

type Scoped = Exclude<keyof ConversationStore, 'interrupt' | 'expire' | 'close'>

export type OwnConversations = { readonly [Method in Scoped]: Bound<ConversationStore[Method]> }

export function ownConversations(store: ConversationStore, scope: Scope): OwnConversations {
	return {
		create: (conversation) => store.create(scope, conversation),
		find: (id) => store.find(scope, id),
		list: (query) => store.list(scope, query),
		update: (id, change) => store.update(scope, id, change),
		remove: (id) => store.remove(scope, id),
		removeAll: (user) => store.removeAll(scope, user),
		begin: (turn) => store.begin(scope, turn),
		end: (turn, end) => store.end(scope, turn, end),
		drop: (turn) => store.drop(scope, turn),
		path: (conversation, options) => store.path(scope, conversation, options),
		messages: (conversation, page) => store.messages(scope, conversation, page),
		message: (conversation, id) => store.message(scope, conversation, id),
		replace: (conversation, id, message) => store.replace(scope, conversation, id, message),
		everything: (conversation) => store.everything(scope, conversation),
		turn: (id) => store.turn(scope, id),
		turns: (query) => store.turns(scope, query),
		updateTurn: (id, metadata) => store.updateTurn(scope, id, metadata),
		removeTurn: (id) => store.removeTurn(scope, id),
	}
}
