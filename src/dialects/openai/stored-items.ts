// Items of a conversation, with pagination. The store pages by message, and a message may consist of several items.

import type { StoredMessage } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import type { MessageId } from '../../conversations/message-id.ts'
import { type ListQuery, writeList } from '../../wire/openai/list-query.ts'
import { readItemId } from '../../wire/openai/responses/item-id.ts'
import { type Item, type ItemShape, plainItems, writeStoredItems } from '../../wire/openai/responses/item-writer.ts'
import { conversationMissing, itemMissing } from './response-thread.ts'

export interface ItemsQuery extends ListQuery {
	readonly conversation: ConversationId
	/** The last message of the requested branch; the head if absent. */
	readonly tip?: MessageId
	readonly shape?: ItemShape
}

/** @throws ChatError `not-found` */
export async function listItems(own: ScopedConversations, query: ItemsQuery): Promise<object> {
	const { conversation, after, limit, order, tip, shape = plainItems } = query
	const missing = () => (after === undefined ? conversationMissing(conversation) : itemMissing(after))
	const cursor = after === undefined ? undefined : readItemId(after)
	if (after !== undefined && cursor === undefined) throw missing()
	const before = cursor === undefined ? undefined : await own.history.message(conversation, cursor.message)
	if (cursor !== undefined && before === undefined) throw missing()
	const page = await own.history.page(conversation, {
		limit,
		order,
		after: cursor?.message,
		tip,
	})
	if (page === undefined) throw missing()
	const rest = before === undefined ? [] : itemsAfter(writeInOrder([before], order, shape), after)
	const items = [...rest, ...writeInOrder(page.items, order, shape)]
	return writeList(items.slice(0, limit), page.more || items.length > limit)
}

function writeInOrder(
	messages: readonly StoredMessage[],
	order: ListQuery['order'],
	shape: ItemShape,
): readonly Item[] {
	if (order === 'asc') return writeStoredItems(messages, shape)
	return writeStoredItems(messages.toReversed(), shape).toReversed()
}

/** The items after the item `after`. */
function itemsAfter(items: readonly Item[], after: string | undefined): readonly Item[] {
	const at = items.findIndex(({ id }) => id === after)
	return items.slice(at < 0 ? items.length : at + 1)
}

/** One item by its id. */
export async function findItem(
	own: ScopedConversations,
	conversation: ConversationId,
	id: string,
): Promise<{ readonly stored: StoredMessage; readonly item: Item } | undefined> {
	const read = readItemId(id)
	if (read === undefined) return undefined
	const stored = await own.history.message(conversation, read.message)
	if (stored === undefined) return undefined
	const { message } = stored
	const called = read.kind === 'custom_tool_call_output' && message.role === 'tool' ? [message.callId] : []
	const item = writeStoredItems([stored], plainItems, called).find((one) => one.id === id)
	return item === undefined ? undefined : { stored, item }
}
