// A conversation as its first turn creates it, with its title.

import type { Message } from '../chat/message.ts'
import { textOf } from '../chat/parts.ts'
import type { Conversation } from '../conversations/conversation.ts'
import type { ConversationId } from '../conversations/conversation-id.ts'
import type { Thread } from '../conversations/thread.ts'

const longestTitle = 80

/** @param messages of the first request; the title is the text of its first user message. */
export function newConversation(
	{ conversation, user }: { readonly conversation: ConversationId; readonly user?: string | undefined },
	{ listed }: Pick<Thread, 'listed'>,
	messages: readonly Message[],
	nowMs: number,
): Conversation {
	const first = messages.find(({ role }) => role === 'user')
	const title = first === undefined ? '' : textOf(first.content).trim().replace(/\s+/g, ' ').slice(0, longestTitle)
	return {
		id: conversation,
		user,
		title: title === '' || !listed ? undefined : title,
		metadata: {},
		listed,
		createdAtMs: nowMs,
		updatedAtMs: nowMs,
	}
}
