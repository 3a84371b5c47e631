// GET /chat/history/{user} and /chat/history/{user}/{id}

import { ChatError } from '../../chat/error.ts'
import type { Conversation, StoredMessage } from '../../conversations/conversation.ts'
import { type ConversationId, readConversationId } from '../../conversations/conversation-id.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import type { MessageId } from '../../conversations/message-id.ts'
import { writeMessages } from '../../wire/openai/chat-messages-writer.ts'
import type { Route } from '../dialect.ts'

/** Number of items per read from the store. */
const pageSize = 200

export const listHistory: Route = {
	method: 'GET',
	path: '/chat/history/{user}',
	read: ({ parameters: [user = ''] }) => ({
		type: 'stored',
		async answer(own) {
			const histories: Record<string, unknown> = {}
			for (let after: ConversationId | undefined, more = true; more; ) {
				const page = await own.index.list({ limit: pageSize, order: 'asc', user, after })
				for (const conversation of page?.items ?? []) histories[conversation.id] = await writeHistory(conversation, own)
				after = page?.items.at(-1)?.id
				more = page?.more ?? false
			}
			return histories
		},
	}),
}

export const showHistory: Route = {
	method: 'GET',
	path: '/chat/history/{user}/{id}',
	read: ({ parameters: [user = '', id = ''] }) => ({
		type: 'stored',
		async answer(own) {
			const known = readConversationId(id)
			const conversation = known === undefined ? undefined : await own.index.find(known)
			if (conversation === undefined || conversation.user !== user)
				throw new ChatError('not-found', 'Conversation not found.')
			return writeHistory(conversation, own)
		},
	}),
}

async function writeHistory({ id, createdAtMs }: Conversation, own: ScopedConversations): Promise<object> {
	const messages: StoredMessage[] = []
	for (let after: MessageId | undefined, more = true; more; ) {
		const page = await own.history.page(id, { limit: pageSize, order: 'asc', after })
		messages.push(...(page?.items ?? []))
		after = page?.items.at(-1)?.id
		more = page?.more ?? false
	}
	return {
		created: Math.floor(createdAtMs / 1000),
		messages: writeMessages(
			messages.map(({ message }) => message),
			'developer',
		),
	}
}
