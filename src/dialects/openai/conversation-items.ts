// The Conversations API: the items of a conversation.

import { ChatError } from '../../chat/error.ts'
import type { StoredMessage } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { MessageId } from '../../conversations/message-id.ts'
import { newItemsSchema } from '../../wire/openai/conversations/conversation-schema.ts'
import { writeConversation } from '../../wire/openai/conversations/conversation-writer.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { itemsSchema } from '../../wire/openai/responses/body-schema.ts'
import { readItems } from '../../wire/openai/responses/item-reader.ts'
import type { Item } from '../../wire/openai/responses/item-shape.ts'
import { writeStoredItems } from '../../wire/openai/responses/item-writer.ts'
import { withoutItem } from '../../wire/openai/responses/message-item.ts'
import type { Route, RouteInput } from '../dialect.ts'
import { millisecondsOf, parse, readAdditions, readConversation } from './conversations.ts'
import { itemOf, messageIdOf, messageOrItem, writeItemPage } from './item-pages.ts'
import { itemNotFound } from './not-found.ts'

export const createItems: Route = {
	method: 'POST',
	path: '/conversations/{id}/items',
	bodySchema: newItemsSchema.extend({ items: itemsSchema.min(1).max(20) }),
	read(input) {
		const { id, notFound } = readConversation(input)
		const { items, parent, created_at, model, metadata } = parse(newItemsSchema, input.body)
		const { lookup, build } = readAdditions(readItems(items, { body: input.body, field: 'items' }))
		return {
			type: 'conversations.append',
			id,
			addition: {
				parent: parent === 'none' ? null : parent == null ? undefined : messageOrItem(parent),
				createdAtMs: millisecondsOf(created_at),
				model: model ?? undefined,
				metadata: metadata ?? undefined,
			},
			additions: {
				lookup,
				build(found) {
					const messages = build(found)
					if (messages.length === 0)
						throw new ChatError('invalid-request', 'None of the items has content to store.', { param: 'items' })
					return messages
				},
			},
			notFound: (absent) => (absent === 'message' ? itemNotFound(parent ?? '') : notFound()),
			write: (added) => writeList(writeStoredItems(added), false),
		}
	},
}

/** `branch` is the id of the last message of another branch. */
export const listConversationItems: Route = {
	method: 'GET',
	path: '/conversations/{id}/items',
	read(input) {
		const { id, notFound } = readConversation(input)
		const query = input.query()
		const page = readListQuery(query, 'desc')
		const branch = query.get('branch')
		return {
			type: 'messages.list',
			conversation: id,
			query: {
				...page,
				after: messageIdOf(page.after),
				tip: branch === null ? undefined : messageOrItem(branch),
			},
			notFound(absent) {
				if (absent === 'tip') return itemNotFound(branch ?? '')
				return absent === 'cursor' ? itemNotFound(page.after ?? '') : notFound()
			},
			write: (messages) => writeItemPage(messages, page),
		}
	},
}

export const retrieveItem: Route = {
	method: 'GET',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const { item, write, ...message } = readItem(input)
		return { type: 'messages.find', ...message, write }
	},
}

/** `following` deletes the whole message of the item, and everything after it. */
export const deleteItem: Route = {
	method: 'DELETE',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const { item, write, ...message } = readItem(input)
		if (readFollowing(input))
			return { type: 'messages.remove-from', ...message, id: messageOrItem(item), write: writeConversation }
		return {
			type: 'messages.edit',
			...message,
			edit(stored) {
				// Throws if the message has no such item.
				write(stored)
				return withoutItem(stored, item)
			},
			write: writeConversation,
		}
	},
}

function readFollowing(input: RouteInput): boolean {
	const following = input.query().get('following')
	if (following === null || following === '' || following === 'false') return false
	if (following === 'true') return true
	throw new ChatError('invalid-request', "Invalid 'following': expected true or false.", {
		param: 'following',
		code: 'invalid_value',
	})
}

interface ItemInPath {
	readonly conversation: ConversationId
	/** The message that the item is part of. */
	readonly id: MessageId
	readonly item: string
	readonly notFound: (absent: string) => ChatError
	/** @throws ChatError `not-found` if the message has no such item. */
	readonly write: (stored: StoredMessage) => Item
}

function readItem(input: RouteInput): ItemInPath {
	const { id: conversation, notFound } = readConversation(input)
	const [, item = ''] = input.parameters
	return {
		conversation,
		id: messageIdOf(item),
		item,
		notFound: (absent) => (absent === 'conversation' ? notFound() : itemNotFound(item)),
		write(stored) {
			const found = itemOf(stored, item)
			if (found === undefined) throw itemNotFound(item)
			return found
		},
	}
}
