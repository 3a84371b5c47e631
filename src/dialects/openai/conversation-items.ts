// The Conversations API: the items of a conversation.

import type { ChatError } from '../../chat/error.ts'
import type { StoredMessage } from '../../conversations/conversation.ts'
import type { OwnConversations } from '../../conversations/own-conversations.ts'
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
				const leaf = readItemId(branch)?.message ?? branch
				if ((await own.message(id, leaf)) === undefined) throw itemMissing(branch)
				return listItems(own, { ...page, conversation: id, leaf })
			},
		}
	},
}

export const retrieveItem: Route = {
	method: 'GET',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const place = namedItem(input)
		return { type: 'stored', answer: async (own) => (await locate(own, place)).item }
	},
}

export const deleteItem: Route = {
	method: 'DELETE',
	path: '/conversations/{id}/items/{item}',
	read(input) {
		const place = namedItem(input)
		return {
			type: 'stored',
			async answer(own) {
				const { kept } = await locate(own, place)
				const id = readItemId(place.item)
				const left = id === undefined ? undefined : withoutItem(kept.message, id)
				if (!(await own.replace(place.id, kept.id, left))) throw itemMissing(place.item)
				return writeConversation(await find(own, place.id, place.missing))
			},
		}
	},
}

interface NamedItem {
	/** The conversation. */
	readonly id: string
	readonly item: string
	readonly missing: () => ChatError
}

function namedItem(input: RouteInput): NamedItem {
	const { id, missing } = named(input)
	return { id, missing, item: input.parameters[1] ?? '' }
}

async function locate(
	own: OwnConversations,
	{ id, item, missing }: NamedItem,
): Promise<{ readonly kept: StoredMessage; readonly item: Item }> {
	await find(own, id, missing)
	const found = await findItem(own, id, item)
	if (found === undefined) throw itemMissing(item)
	return found
}
