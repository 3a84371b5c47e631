// The Conversations API: the items of a conversation.

import type { ChatError } from '../../chat/error.ts'
import type { StoredMessage } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { messageId } from '../../conversations/message-id.ts'
import { newItemsSchema } from '../../wire/openai/conversations/conversation-schema.ts'
import { writeConversation } from '../../wire/openai/conversations/conversation-writer.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { readItemId } from '../../wire/openai/responses/item-id.ts'
import { withoutItem } from '../../wire/openai/responses/item-piece.ts'
import { readItems } from '../../wire/openai/responses/item-reader.ts'
import type { Item } from '../../wire/openai/responses/item-writer.ts'
import type { Route, RouteInput } from '../dialect.ts'
import { addItems } from './added-items.ts'
import { find, named, parse } from './conversations.ts'
import { itemMissing } from './response-thread.ts'
import { findItem, listItems } from './stored-items.ts'

export const createItems: Route = {
	method: 'POST',
	path: '/conversations/{id}/items',
	read(input) {
		const { id, missing } = named(input)
		const { items } = parse(newItemsSchema, input.body)
		const pieces = readItems(items, { body: input.body, field: 'items' })
		return {
			type: 'stored',
			answer: async (own, facts) => writeList(await addItems(own, id, pieces, facts, missing), false),
		}
	},
}

/** `branch` is the id of the last message of another branch. */
export const listConversationItems: Route = {
	method: 'GET',
	path: '/conversations/{id}/items',
	read(input) {
		const { id, missing } = named(input)
		const query = input.query()
		const page = readListQuery(query, 'desc')
		const branch = query.get('branch')
		return {
			type: 'stored',
			async answer(own) {
				await find(own, id, missing)
				if (branch === null) return listItems(own, { ...page, conversation: id })
				const tip = readItemId(branch)?.message ?? messageId(branch)
				if ((await own.history.message(id, tip)) === undefined) throw itemMissing(branch)
				return listItems(own, { ...page, conversation: id, tip })
			},
		}
	},
}

export const retrieveItem: Route = {
	method: 'GET',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const named = namedItem(input)
		return { type: 'stored', answer: async (own) => (await locate(own, named)).item }
	},
}

export const deleteItem: Route = {
	method: 'DELETE',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const named = namedItem(input)
		return {
			type: 'stored',
			async answer(own) {
				const { stored } = await locate(own, named)
				const id = readItemId(named.item)
				const left = id === undefined ? undefined : withoutItem(stored.message, id)
				if (!(await own.history.replace(named.id, stored.id, left))) throw itemMissing(named.item)
				return writeConversation(await find(own, named.id, named.missing))
			},
		}
	},
}

interface NamedItem {
	/** The conversation. */
	readonly id: ConversationId
	readonly item: string
	readonly missing: () => ChatError
}

function namedItem(input: RouteInput): NamedItem {
	const { id, missing } = named(input)
	return { id, missing, item: input.parameters[1] ?? '' }
}

async function locate(
	own: ScopedConversations,
	{ id, item, missing }: NamedItem,
): Promise<{ readonly stored: StoredMessage; readonly item: Item }> {
	await find(own, id, missing)
	const found = await findItem(own, id, item)
	if (found === undefined) throw itemMissing(item)
	return found
}
