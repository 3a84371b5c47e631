// The Conversations API: conversations. Extensions to OpenAI's API: a list with search, titles, export, and deletion of all.

import type { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { Conversation } from '../../conversations/conversation.ts'
import { type ConversationId, newConversationId, readConversationId } from '../../conversations/conversation-id.ts'
import type { ConversationChange } from '../../conversations/conversation-index.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { conversationChangeSchema, newConversationSchema } from '../../wire/openai/conversations/conversation-schema.ts'
import { writeConversation, writeExport } from '../../wire/openai/conversations/conversation-writer.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { readItems } from '../../wire/openai/responses/item-reader.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Route, RouteInput } from '../dialect.ts'
import { addFirstItems } from './added-items.ts'
import { conversationMissing } from './response-thread.ts'

export const createConversation: Route = {
	method: 'POST',
	path: '/conversations',
	read({ body }) {
		const fields = parse(newConversationSchema, body ?? {})
		const pieces = readItems(fields.items ?? [], { body, field: 'items' })
		return {
			type: 'stored',
			async answer(own, facts) {
				const conversation: Conversation = {
					id: newConversationId(),
					user: fields.user ?? undefined,
					title: fields.title ?? undefined,
					metadata: fields.metadata ?? {},
					listed: true,
					createdAtMs: facts.nowMs,
					updatedAtMs: facts.nowMs,
				}
				await addFirstItems(own, conversation, pieces, facts)
				return writeConversation(conversation)
			},
		}
	},
}

export const listConversations: Route = {
	method: 'GET',
	path: '/conversations',
	read(input) {
		const query = input.query()
		const { after, ...page } = readListQuery(query, 'desc')
		const last = after === undefined ? undefined : readConversationId(after)
		if (after !== undefined && last === undefined) throw conversationMissing(after)
		const [user, text] = [query.get('user'), query.get('search')]
		return {
			type: 'stored',
			async answer(own) {
				const found = await own.index.list({
					...page,
					after: last,
					user: user ?? undefined,
					text: text || undefined,
				})
				if (found === undefined) throw conversationMissing(after ?? '')
				return writeList(found.items.map(writeConversation), found.more)
			},
		}
	},
}

export const deleteConversations: Route = {
	method: 'DELETE',
	path: '/conversations',
	read(input) {
		const user = input.query().get('user')
		if (user === '') throw new ChatError('invalid-request', "Invalid 'user': empty string.", { param: 'user' })
		return {
			type: 'stored',
			answer: async (own) => ({
				object: 'conversation.list.deleted',
				deleted: await own.index.removeAll(user ?? undefined),
			}),
		}
	},
}

export const retrieveConversation: Route = {
	method: 'GET',
	path: '/conversations/{id}',
	read(input) {
		const { id, missing } = named(input)
		return { type: 'stored', answer: async (own) => writeConversation(await find(own, id, missing)) }
	},
}

export const updateConversation: Route = {
	method: 'POST',
	path: '/conversations/{id}',
	read(input) {
		const { id, missing } = named(input)
		const { metadata, title } = parse(conversationChangeSchema, input.body)
		if (metadata === undefined && title === undefined)
			throw new ChatError('invalid-request', "Missing required parameter: 'metadata'.", {
				param: 'metadata',
				code: 'missing_required_parameter',
			})
		return {
			type: 'stored',
			async answer(own, { nowMs }) {
				const change: ConversationChange = {
					metadata: metadata === undefined ? undefined : (metadata ?? {}),
					title,
					updatedAtMs: nowMs,
				}
				const changed = await own.index.update(id, change)
				if (changed === undefined) throw missing()
				return writeConversation(changed)
			},
		}
	},
}

export const deleteConversation: Route = {
	method: 'DELETE',
	path: '/conversations/{id}',
	read(input) {
		const { id, text, missing } = named(input)
		return {
			type: 'stored',
			async answer(own) {
				if (!(await own.index.remove(id))) throw missing()
				return { id: text, object: 'conversation.deleted', deleted: true }
			},
		}
	},
}

export const exportConversation: Route = {
	method: 'GET',
	path: '/conversations/{id}/export',
	read(input) {
		const { id, missing } = named(input)
		return {
			type: 'stored',
			async answer(own) {
				const conversation = await find(own, id, missing)
				const everything = await own.history.export(id)
				if (everything === undefined) throw missing()
				return writeExport(conversation, everything)
			},
		}
	},
}

interface NamedConversation {
	readonly id: ConversationId
	/** The id in the client's format. */
	readonly text: string
	readonly missing: () => ChatError
}

/** The conversation in the path. */
export function named({ parameters: [text = ''] }: RouteInput): NamedConversation {
	const missing = () => conversationMissing(text)
	const id = readConversationId(text)
	if (id === undefined) throw missing()
	return { id, text, missing }
}

/** @throws ChatError `not-found` */
export async function find(
	own: ScopedConversations,
	id: ConversationId,
	missing: () => ChatError,
): Promise<Conversation> {
	const conversation = await own.index.find(id)
	if (conversation === undefined) throw missing()
	return conversation
}

/** @throws ChatError `invalid-request` */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return parsed.data
}
