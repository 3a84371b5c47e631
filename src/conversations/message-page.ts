// A page of the messages of a conversation, for formats in which a message consists of several items.

import type { StoredMessage } from './conversation.ts'
import type { ConversationId } from './conversation-id.ts'
import type { ScopedConversations } from './conversation-store.ts'
import type { HistoryPageQuery } from './history.ts'
import { present } from './not-found.ts'
import type { Page } from './page.ts'

export interface MessagePage extends Page<StoredMessage> {
	/** The message that the page begins after. */
	readonly cursor?: StoredMessage | undefined
}

/** @throws NotFound `conversation` or `cursor` */
export async function readMessagePage(
	{ history }: ScopedConversations,
	conversation: ConversationId,
	query: HistoryPageQuery,
): Promise<MessagePage> {
	const { after } = query
	const cursor = after === undefined ? undefined : present(await history.message(conversation, after), 'cursor')
	const page = await history.page(conversation, query)
	return { cursor, ...present(page, after === undefined ? 'conversation' : 'cursor') }
}
