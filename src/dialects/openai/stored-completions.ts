// Chat completions that were requested with `store: true`: lists, retrieves, updates and deletes them, and lists their messages.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Metadata, Turn } from '../../conversations/conversation.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { messageId } from '../../conversations/message-id.ts'
import type { Thread } from '../../conversations/thread.ts'
import type { TurnId } from '../../conversations/turn-id.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { metadataSchema } from '../../wire/openai/responses/metadata-schema.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import {
	readCompletionEcho,
	readCompletionId,
	writeStoredCompletion,
	writeStoredMessage,
} from '../../wire/openai/stored-completions/stored-completion-writer.ts'
import type { Route, RouteInput } from '../dialect.ts'

/** A request whose completion will be stored. The fields that request it are not sent to the upstream. */
export interface StoredRequest {
	readonly request: ChatRequest
	readonly thread: Thread
}

/** @returns undefined if the request does not set `store`. */
export function readStored(request: ChatRequest, body: unknown): StoredRequest | undefined {
	const { store, metadata, ...passthrough } = request.passthrough
	if (store !== true || !isObject(body)) return undefined
	return {
		request: { ...request, passthrough },
		thread: {
			surface: 'chat',
			origin: { type: 'new', user: request.user },
			stored: true,
			listed: false,
			instructions: [],
			transient: [],
			incoming: request.messages,
			truncation: 'refuse',
			onConflict: 'branch',
			metadata: metadataSchema.safeParse(metadata).data ?? {},
			echo: readCompletionEcho(body),
		},
	}
}

export const listCompletions: Route = {
	method: 'GET',
	path: '/chat/completions',
	read(input) {
		const query = input.query()
		const { after, ...page } = readListQuery(query, 'asc')
		const last = after === undefined ? undefined : readCompletionId(after)
		if (after !== undefined && last === undefined) throw completionMissing(after)
		const [model, metadata] = [query.get('model'), readMetadataFilter(query)]
		return {
			type: 'stored',
			async answer(own) {
				const found = await own.turns.list({
					...page,
					surface: 'chat',
					after: last,
					model: model ?? undefined,
					metadata,
				})
				if (found === undefined) throw completionMissing(after ?? '')
				const written: { readonly id: string }[] = []
				for (const turn of found.items) written.push(await writeStored(own, turn))
				return writeList(written, found.more)
			},
		}
	},
}

/** Reads `metadata[key]=value`, one parameter for each pair. */
function readMetadataFilter(query: URLSearchParams): Metadata | undefined {
	const pairs: Record<string, string> = {}
	for (const [name, value] of query) {
		const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
		if (key !== undefined) pairs[key] = value
	}
	return Object.keys(pairs).length === 0 ? undefined : pairs
}

export const retrieveCompletion: Route = {
	method: 'GET',
	path: '/chat/completions/{id}',
	read(input) {
		const { turn, missing } = named(input)
		return { type: 'stored', answer: async (own) => writeStored(own, await find(own, turn, missing)) }
	},
}

export const listCompletionMessages: Route = {
	method: 'GET',
	path: '/chat/completions/{id}/messages',
	read(input) {
		const { turn, missing } = named(input)
		const { after, limit, order } = readListQuery(input.query(), 'asc')
		return {
			type: 'stored',
			async answer(own) {
				const { inputs, conversation } = await find(own, turn, missing)
				const all = order === 'asc' ? inputs : inputs.toReversed()
				const first = after === undefined ? 0 : all.indexOf(messageId(after.replace(/^chatcmpl-/, ''))) + 1
				if (after !== undefined && first === 0)
					throw new ChatError('not-found', `Message with id '${after.slice(0, 100)}' not found.`)
				const written: { readonly id: string }[] = []
				for (const id of all.slice(first, first + limit)) {
					const message = await own.history.message(conversation, id)
					if (message !== undefined) written.push(writeStoredMessage(message))
				}
				return writeList(written, first + limit < all.length)
			},
		}
	},
}

const change = z.looseObject({ metadata: metadataSchema.nullable() })

export const updateCompletion: Route = {
	method: 'POST',
	path: '/chat/completions/{id}',
	read(input) {
		const { turn, missing } = named(input)
		const parsed = change.safeParse(input.body)
		if (!parsed.success) throw schemaError(parsed.error, input.body)
		const { metadata } = parsed.data
		return {
			type: 'stored',
			async answer(own) {
				await find(own, turn, missing)
				const changed = await own.turns.update(turn, metadata ?? {})
				if (changed === undefined) throw missing()
				return writeStored(own, changed)
			},
		}
	},
}

export const deleteCompletion: Route = {
	method: 'DELETE',
	path: '/chat/completions/{id}',
	read(input) {
		const { id, turn, missing } = named(input)
		return {
			type: 'stored',
			async answer(own) {
				await find(own, turn, missing)
				if (!(await own.turns.remove(turn))) throw missing()
				return { object: 'chat.completion.deleted', id, deleted: true }
			},
		}
	},
}

function completionMissing(id: string): ChatError {
	return new ChatError('not-found', `Chat completion with id '${id.slice(0, 100)}' not found.`)
}

interface NamedCompletion {
	/** The id in the client's format. */
	readonly id: string
	readonly turn: TurnId
	readonly missing: () => ChatError
}

function named({ parameters: [id = ''] }: RouteInput): NamedCompletion {
	const missing = () => completionMissing(id)
	const turn = readCompletionId(id)
	if (turn === undefined) throw missing()
	return { id, turn, missing }
}

async function find(own: ScopedConversations, id: TurnId, missing: () => ChatError): Promise<Turn> {
	const turn = await own.turns.find(id)
	if (turn === undefined || !turn.stored || turn.surface !== 'chat' || turn.state === 'running') throw missing()
	return turn
}

async function writeStored(own: ScopedConversations, turn: Turn): Promise<{ readonly id: string }> {
	const messages = []
	for (const { message } of turn.answers) {
		const stored = await own.history.message(turn.conversation, message)
		if (stored !== undefined) messages.push(stored.message)
	}
	return writeStoredCompletion(turn, messages)
}
