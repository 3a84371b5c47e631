// Chat completions that were requested with `store: true`: lists, retrieves, updates and deletes them, and lists their
// messages.

import { z } from 'zod'
import type { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { messageId } from '../../conversations/message-id.ts'
import type { AnsweredTurn, TurnReference } from '../../conversations/turn-service.ts'
import { readListQuery, writeList } from '../../wire/openai/list-query.ts'
import { metadataSchema } from '../../wire/openai/responses/metadata-schema.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import {
	readCompletionEcho,
	readCompletionId,
	writeStoredCompletion,
	writeStoredMessage,
} from '../../wire/openai/stored-completions/stored-completion-writer.ts'
import type { ChatCall } from '../call.ts'
import type { Route, RouteInput } from '../dialect.ts'
import { readMetadataFilter } from './metadata-filter.ts'
import { completionNotFound, messageNotFound } from './not-found.ts'

/** The fields of a call whose completion will be stored. The fields that request it are not sent to the upstream. */
export type StoredRequest = Required<Pick<ChatCall, 'request' | 'thread'>>

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
		const notFound = () => completionNotFound(after ?? '')
		if (after !== undefined && last === undefined) throw notFound()
		const [model, metadata] = [query.get('model'), readMetadataFilter(query)]
		return {
			type: 'turns.list',
			query: { ...page, surface: 'chat', after: last, model: model ?? undefined, metadata },
			notFound,
			write: ({ items, more }) => writeList(items.map(writeStored), more),
		}
	},
}

export const retrieveCompletion: Route = {
	method: 'GET',
	path: '/chat/completions/{id}',
	read(input) {
		const { turn, notFound } = readCompletion(input)
		return { type: 'turns.find', turn, notFound, write: writeStored }
	},
}

export const listCompletionMessages: Route = {
	method: 'GET',
	path: '/chat/completions/{id}/messages',
	read(input) {
		const { turn, notFound } = readCompletion(input)
		const { after, ...page } = readListQuery(input.query(), 'asc')
		return {
			type: 'turns.inputs',
			turn,
			query: { ...page, after: after === undefined ? undefined : messageId(after.replace(/^chatcmpl-/, '')) },
			notFound: (absent) => (absent === 'cursor' ? messageNotFound(after ?? '') : notFound()),
			write: ({ items, more }) => writeList(items.map(writeStoredMessage), more),
		}
	},
}

const change = z.looseObject({ metadata: metadataSchema.nullable() })

export const updateCompletion: Route = {
	method: 'POST',
	path: '/chat/completions/{id}',
	bodySchema: change,
	read(input) {
		const { turn, notFound } = readCompletion(input)
		const parsed = change.safeParse(input.body)
		if (!parsed.success) throw schemaError(parsed.error, input.body)
		return { type: 'turns.update', turn, metadata: parsed.data.metadata ?? {}, notFound, write: writeStored }
	},
}

export const deleteCompletion: Route = {
	method: 'DELETE',
	path: '/chat/completions/{id}',
	read(input) {
		const { id, turn, notFound } = readCompletion(input)
		return {
			type: 'turns.remove',
			turn,
			notFound,
			write: () => ({ object: 'chat.completion.deleted', id, deleted: true }),
		}
	},
}

interface CompletionInPath {
	/** The id in the client's format. */
	readonly id: string
	readonly turn: TurnReference
	readonly notFound: () => ChatError
}

/** @throws ChatError `not-found` if it is not the id of a completion. */
function readCompletion({ parameters: [id = ''] }: RouteInput): CompletionInPath {
	const notFound = () => completionNotFound(id)
	const turn = readCompletionId(id)
	if (turn === undefined) throw notFound()
	return { id, turn: { id: turn, surface: 'chat', ended: true }, notFound }
}

function writeStored({ turn, answers }: AnsweredTurn): { readonly id: string } {
	return writeStoredCompletion(
		turn,
		answers.map(({ message }) => message),
	)
}
