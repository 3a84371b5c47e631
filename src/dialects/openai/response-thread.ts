// The conversation of a response, by the ids that OpenAI's clients send, and the items to which a request refers.

import { ChatError } from '../../chat/error.ts'
import type { StoredMessage } from '../../conversations/conversation.ts'
import { type ConversationId, readConversationId } from '../../conversations/conversation-id.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import type { MessageId } from '../../conversations/message-id.ts'
import type { Thread, ThreadOrigin } from '../../conversations/thread.ts'
import { type ItemId, readItemId } from '../../wire/openai/responses/item-id.ts'
import { pieceOf } from '../../wire/openai/responses/item-piece.ts'
import type { Piece } from '../../wire/openai/responses/item-reader.ts'
import type { ReadResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import { readResponseId } from '../../wire/openai/responses/response-writer.ts'

/** Undefined if the response continues no conversation and is not stored. */
export function threadOf(read: ReadResponsesRequest): Thread | undefined {
	const origin = originOf(read)
	if (origin.type === 'new' && !read.store) return undefined
	return {
		surface: 'response',
		origin,
		stored: read.store,
		listed: origin.type === 'conversation',
		instructions: read.instructions,
		transient: [],
		incoming: read.input,
		truncation: read.truncation,
		onConflict: 'branch',
		metadata: read.metadata,
		echo: read.echo,
	}
}

function originOf({ previousResponse, conversation, request }: ReadResponsesRequest): ThreadOrigin {
	if (previousResponse !== undefined) {
		const missing = () => previousResponseMissing(previousResponse)
		const id = readResponseId(previousResponse)
		if (id === undefined) throw missing()
		return { type: 'turn', id, missing }
	}
	if (conversation !== undefined) {
		const missing = () => conversationMissing(conversation)
		const id = readConversationId(conversation)
		if (id === undefined) throw missing()
		return { type: 'conversation', id, missing }
	}
	return { type: 'new', user: request.user }
}

const maxReferences = 1000

/**
 * The content of the items to which a request refers; none for items of the conversation that the request continues.
 *
 * @throws ChatError `not-found` for an item that belongs to another caller.
 */
export async function findItems(
	references: readonly string[],
	thread: Thread | undefined,
	own: ScopedConversations,
): Promise<ReadonlyMap<string, readonly Piece[]>> {
	if (references.length > maxReferences)
		throw new ChatError('invalid-request', `Too many item references: at most ${maxReferences} are allowed.`, {
			param: 'input',
		})
	const current = await conversationOf(thread?.origin, own)
	const found = new Map<string, readonly Piece[]>()
	const taken = new Set<string>()
	const messages = new Map<MessageId, StoredMessage | undefined>()
	for (const reference of new Set(references)) {
		const id = readItemId(reference)
		if (id === undefined) throw itemMissing(reference)
		const stored = messages.has(id.message) ? messages.get(id.message) : await findMessage(id, own)
		messages.set(id.message, stored)
		const piece = stored === undefined ? undefined : pieceOf(stored.message, id)
		if (stored === undefined || piece === undefined) throw itemMissing(reference)
		const part = `${id.kind}.${id.message}.${id.call ?? ''}`
		found.set(reference, stored.conversation === current || taken.has(part) ? [] : [piece])
		taken.add(part)
	}
	return found
}

async function findMessage(
	id: Pick<ItemId, 'turn' | 'message'>,
	own: ScopedConversations,
): Promise<StoredMessage | undefined> {
	const turn = await own.turns.find(id.turn)
	return turn === undefined ? undefined : await own.history.message(turn.conversation, id.message)
}

async function conversationOf(
	origin: ThreadOrigin | undefined,
	own: ScopedConversations,
): Promise<ConversationId | undefined> {
	if (origin?.type === 'conversation') return origin.id
	return origin?.type === 'turn' ? (await own.turns.find(origin.id))?.conversation : undefined
}

function previousResponseMissing(id: string): ChatError {
	return new ChatError('invalid-request', `Previous response with id '${id.slice(0, 100)}' not found.`, {
		param: 'previous_response_id',
		code: 'previous_response_not_found',
	})
}

export function conversationMissing(id: string): ChatError {
	return new ChatError('not-found', `Conversation with id '${id.slice(0, 100)}' not found.`)
}

export function responseMissing(id: string): ChatError {
	return new ChatError('not-found', `Response with id '${id.slice(0, 100)}' not found.`)
}

export function itemMissing(id: string): ChatError {
	return new ChatError('not-found', `Item with id '${id.slice(0, 100)}' not found.`)
}
