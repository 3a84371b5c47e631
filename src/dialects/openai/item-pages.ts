// Items of stored messages, in pages. The store pages by message, and a message may consist of several items.

import type { StoredMessage } from '../../conversations/conversation.ts'
import { type MessageId, messageId } from '../../conversations/message-id.ts'
import type { MessagePage } from '../../conversations/message-page.ts'
import { type ListQuery, writeList } from '../../wire/openai/list-query.ts'
import { readItemId } from '../../wire/openai/responses/item-id.ts'
import { type Item, type ItemShape, plainItems } from '../../wire/openai/responses/item-shape.ts'
import { writeStoredItems } from '../../wire/openai/responses/item-writer.ts'
import { clientCallWith } from '../../wire/openai/responses/message-item.ts'

/** The id of the message that an item is part of; an id that matches no message if `item` is not the id of an item. */
export function messageIdOf(item: string): MessageId
export function messageIdOf(item: string | undefined): MessageId | undefined
export function messageIdOf(item: string | undefined): MessageId | undefined {
	return item === undefined ? undefined : (readItemId(item)?.message ?? messageId(''))
}

/** The same for a parameter that may also be the id of the message itself, as in an export. */
export function messageOrItem(id: string): MessageId {
	return readItemId(id)?.message ?? messageId(id)
}

/** The page of items after `after`: the rest of its message, then the messages of the page. */
export function writeItemPage(
	{ cursor, items: messages, more }: MessagePage,
	{ after, limit, order }: ListQuery,
	shape: ItemShape = plainItems,
): object {
	const rest = cursor === undefined ? [] : itemsAfter(writeInOrder([cursor], order, shape), after)
	const items = [...rest, ...writeInOrder(messages, order, shape)]
	return writeList(items.slice(0, limit), more || items.length > limit)
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

/** One item of a message, by the item's id. */
export function itemOf(stored: StoredMessage, id: string): Item | undefined {
	const { message } = stored
	const read = readItemId(id)
	const earlierCalls = read?.kind === 'custom_tool_call_output' && message.role === 'tool' ? [message.callId] : []
	const shape = { ...plainItems, clientCallOf: clientCallWith(read) }
	return writeStoredItems([stored], shape, earlierCalls).find((one) => one.id === id)
}
