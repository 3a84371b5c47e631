// Items of a conversation, with pagination. The store pages by message, and a message may consist of several items.

import type { StoredMessage } from '../../conversations/conversation.ts'
import type { OwnConversations } from '../../conversations/own-conversations.ts'
import { type ListQuery, writeList } from '../../wire/openai/list-query.ts'
import { readItemId } from '../../wire/openai/responses/item-id.ts'
import { type Item, type ItemShape, plainItems, writeStoredItems } from '../../wire/openai/responses/item-writer.ts'
import { conversationMissing, itemMissing } from './response-thread.ts'

export interface ItemsQuery extends ListQuery {
	/** The internal id. */
	readonly conversation: string
	/** The last message of the requested branch; the head if absent. */
	readonly leaf?: string
	readonly shape?: ItemShape
}

/** @throws ChatError `not-found` */
export async function listItems(own: OwnConversations, query: ItemsQuery): Promise<object> {
	const { conversation, after, limit, order, leaf, shape = plainItems } = query
	const missing = () => (after === undefined ? conversationMissing(conversation) : itemMissing(after))
	const cursor = after === undefined ? undefined : readItemId(after)
	if (after !== undefined && cursor === undefined) throw missing()
	const before = cursor === undefined ? undefined : await own.message(conversation, cursor.message)
	if (cursor !== undefined && before === undefined) throw missing()
	const page = await own.messages(conversation, {
		limit,
		order,
		after: cursor?.message,
		leaf,
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
	own: OwnConversations,
	conversation: string,
	id: string,
): Promise<{ readonly kept: StoredMessage; readonly item: Item } | undefined> {
	const read = readItemId(id)
	if (read === undefined) return undefined
	const kept = await own.message(conversation, read.message)
	if (kept === undefined) return undefined
	const { message } = kept
	const called = read.kind === 'custom_tool_call_output' && message.role === 'tool' ? [message.callId] : []
	const item = writeStoredItems([kept], plainItems, called).find((one) => one.id === id)
	return item === undefined ? undefined : { kept, item }
}
