// GET /chat/history/{user} and /chat/history/{user}/{id}

import { ChatError } from '../../chat/error.ts'
import { conversationId, readConversationId } from '../../conversations/conversation-id.ts'
import type { ConversationHistory } from '../../conversations/service.ts'
import { writeMessages } from '../../wire/openai/chat-messages-writer.ts'
import { storedMessagesForm } from '../../wire/openai/chat-request-form.ts'
import type { Route } from '../dialect.ts'

export const listHistory: Route = {
	method: 'GET',
	path: '/chat/history/{user}',
	read: ({ parameters: [user = ''] }) => ({
		type: 'conversations.histories',
		user,
		write: (histories) =>
			Object.fromEntries(histories.map((history) => [history.conversation.id, writeHistory(history)])),
	}),
}

export const showHistory: Route = {
	method: 'GET',
	path: '/chat/history/{user}/{id}',
	read: ({ parameters: [user = '', id = ''] }) => ({
		type: 'conversations.history',
		// Any other text matches no conversation.
		id: readConversationId(id) ?? conversationId(''),
		user,
		notFound: () => new ChatError('not-found', 'Conversation not found.'),
		write: writeHistory,
	}),
}

function writeHistory({ conversation, messages }: ConversationHistory) {
	return {
		created: Math.floor(conversation.createdAtMs / 1000),
		messages: writeMessages(
			messages.map(({ message }) => message),
			storedMessagesForm,
			() => {},
		),
	}
}
