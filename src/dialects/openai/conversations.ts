// The Conversations API: conversations. Extensions to OpenAI's API: a list with search, titles, export, and deletion of
// all.

import type { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { type ConversationId, readConversationId } from '../../conversations/conversation-id.ts'
import { type ConversationTime, conversationTimes } from '../../conversations/conversation-time.ts'
import { maxSearchCharacters } from '../../conversations/search-length.ts'
import { conversationChangeSchema, newConversationSchema } from '../../wire/openai/conversations/conversation-schema.ts'
import {
	writeConversation,
	writeExport,
	writeFoundConversation,
} from '../../wire/openai/conversations/conversation-writer.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { itemsSchema } from '../../wire/openai/responses/body-schema.ts'
import { readItems } from '../../wire/openai/responses/item-reader.ts'
import { mergeItems, type ParsedItem, resolveReferences } from '../../wire/openai/responses/parsed-items.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Route, RouteInput } from '../dialect.ts'
import type { MessageAdditions } from '../local-operation.ts'
import { JsonPieces } from '../writer.ts'
import { itemsOf, lookupOf, referencesOf } from './item-references.ts'
import { readMetadataFilter } from './metadata-filter.ts'
import { conversationNotFound } from './not-found.ts'

export const createConversation: Route = {
	method: 'POST',
	path: '/conversations',
	body: 'optional',
	bodySchema: newConversationSchema.extend({ items: itemsSchema.max(20).nullish() }),
	read({ body }) {
		const { user, title, metadata, items, created_at } = parse(newConversationSchema, body ?? {})
		return {
			type: 'conversations.create',
			conversation: {
				user: user ?? undefined,
				title: title ?? undefined,
				metadata: metadata ?? {},
				createdAtMs: millisecondsOf(created_at),
			},
			additions: readAdditions(readItems(items ?? [], { body, field: 'items' })),
			write: writeConversation,
		}
	},
}

export function millisecondsOf(unixTime: number | null | undefined): number | undefined {
	return unixTime == null ? undefined : unixTime * 1000
}

/** Items as messages to store. */
export function readAdditions(items: readonly ParsedItem[]): MessageAdditions {
	const references = referencesOf(items)
	return {
		lookup: lookupOf(references),
		build: (found) => mergeItems(resolveReferences(items, itemsOf(references, found))),
	}
}

export const listConversations: Route = {
	method: 'GET',
	path: '/conversations',
	read(input) {
		const query = input.query()
		const { after, ...page } = readListQuery(query, 'desc')
		const last = after === undefined ? undefined : readConversationId(after)
		const notFound = () => conversationNotFound(after ?? '')
		if (after !== undefined && last === undefined) throw notFound()
		const [user, text] = [query.get('user'), query.get('search')]
		if (text !== null && Array.from(text.slice(0, 2 * maxSearchCharacters + 1)).length > maxSearchCharacters)
			throw new ChatError('invalid-request', `Invalid 'search': longer than ${maxSearchCharacters} characters.`, {
				param: 'search',
				code: 'string_above_max_length',
			})
		return {
			type: 'conversations.list',
			query: {
				...page,
				after: last,
				user: user ?? undefined,
				text: text || undefined,
				metadata: readMetadataFilter(query),
				orderBy: readOrderBy(query),
			},
			notFound,
			write: ({ items, more }) => writeList(items.map(writeFoundConversation), more),
		}
	},
}

function readOrderBy(query: URLSearchParams): ConversationTime | undefined {
	const wanted = query.get('order_by')
	if (wanted === null || wanted === '') return undefined
	const time = conversationTimes.find((one) => one === wanted)
	if (time === undefined)
		throw new ChatError('invalid-request', `Invalid 'order_by': expected one of ${conversationTimes.join(', ')}.`, {
			param: 'order_by',
			code: 'invalid_value',
		})
	return time
}

export const deleteConversations: Route = {
	method: 'DELETE',
	path: '/conversations',
	read(input) {
		const user = input.query().get('user')
		if (user === '') throw new ChatError('invalid-request', "Invalid 'user': empty string.", { param: 'user' })
		return {
			type: 'conversations.remove-all',
			user: user ?? undefined,
			write: (deleted) => ({ object: 'conversation.list.deleted', deleted }),
		}
	},
}

export const retrieveConversation: Route = {
	method: 'GET',
	path: '/conversations/{id}',
	read(input) {
		const { id, notFound } = readConversation(input)
		return { type: 'conversations.find', id, notFound, write: writeConversation }
	},
}

export const updateConversation: Route = {
	method: 'POST',
	path: '/conversations/{id}',
	bodySchema: conversationChangeSchema,
	read(input) {
		const { id, notFound } = readConversation(input)
		const { metadata, title } = parse(conversationChangeSchema, input.body)
		if (metadata === undefined && title === undefined)
			throw new ChatError('invalid-request', "Missing required parameter: 'metadata'.", {
				param: 'metadata',
				code: 'missing_required_parameter',
			})
		const change = { metadata: metadata === undefined ? undefined : (metadata ?? {}), title }
		return { type: 'conversations.update', id, change, notFound, write: writeConversation }
	},
}

export const deleteConversation: Route = {
	method: 'DELETE',
	path: '/conversations/{id}',
	read(input) {
		const { id, text, notFound } = readConversation(input)
		return {
			type: 'conversations.remove',
			id,
			notFound,
			write: () => ({ id: text, object: 'conversation.deleted', deleted: true }),
		}
	},
}

export const exportConversation: Route = {
	method: 'GET',
	path: '/conversations/{id}/export',
	read(input) {
		const { id, notFound } = readConversation(input)
		return {
			type: 'conversations.export',
			id,
			notFound,
			write: ({ conversation, ...everything }) => new JsonPieces(writeExport(conversation, everything)),
		}
	},
}

interface ConversationInPath {
	readonly id: ConversationId
	/** The id in the client's format. */
	readonly text: string
	readonly notFound: () => ChatError
}

/** The conversation in the path. @throws ChatError `not-found` if it is not the id of a conversation. */
export function readConversation({ parameters: [text = ''] }: RouteInput): ConversationInPath {
	const notFound = () => conversationNotFound(text)
	const id = readConversationId(text)
	if (id === undefined) throw notFound()
	return { id, text, notFound }
}

/** @throws ChatError `invalid-request` */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return parsed.data
}
