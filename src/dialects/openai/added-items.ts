// Adds items to a conversation without calling a model: a turn that ends as it begins.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { Conversation } from '../../conversations/conversation.ts'
import type { ConversationId } from '../../conversations/conversation-id.ts'
import type { ScopedConversations } from '../../conversations/conversation-store.ts'
import { inputId, type MessageId } from '../../conversations/message-id.ts'
import { newTurnId } from '../../conversations/turn-id.ts'
import type { NewTurn } from '../../conversations/turns.ts'
import { joinPieces, type Piece, putInPlace } from '../../wire/openai/responses/item-reader.ts'
import { type Item, writeStoredItems } from '../../wire/openai/responses/item-writer.ts'
import type { StoredCallContext } from '../dialect.ts'
import { findItems } from './response-thread.ts'

/** Adds items to a new conversation, in the same transaction. */
export async function addFirstItems(
	own: ScopedConversations,
	conversation: Conversation,
	pieces: readonly Piece[],
	facts: StoredCallContext,
): Promise<void> {
	const messages = await messagesOf(pieces, own)
	if (messages.length === 0) return own.index.create(conversation)
	const turn = newTurn(conversation.id, messages, facts)
	await own.turns.begin({ ...turn, create: conversation, onConflict: 'branch' })
	await own.turns.end(turn.id, { state: 'completed', endedAtMs: facts.nowMs, answers: [] })
}

/** Number of conflicts after which the added items become a branch. */
const mostTries = 5

/**
 * Adds items after the last message of the conversation.
 *
 * @throws ChatError the result of `missing` if the conversation does not exist.
 */
export async function addItems(
	own: ScopedConversations,
	conversation: ConversationId,
	pieces: readonly Piece[],
	facts: StoredCallContext,
	missing: () => ChatError,
): Promise<readonly Item[]> {
	const messages = await messagesOf(pieces, own)
	if (messages.length === 0)
		throw new ChatError('invalid-request', 'None of the items has content to store.', { param: 'items' })
	const turn = newTurn(conversation, messages, facts)
	let parent: MessageId | undefined
	for (let tried = 0; ; tried++) {
		const found = await own.index.find(conversation)
		if (found === undefined) throw missing()
		// There was a conflict although the head is unchanged: a turn at the head is running or failed.
		const stuck = tried > 0 && found.head === parent
		parent = found.head
		const onConflict = stuck || tried === mostTries ? 'branch' : 'refuse'
		const begun = await own.turns.begin({ ...turn, parent, onConflict })
		if (begun === 'not-found') throw missing()
		if (begun === 'begun') break
	}
	await own.turns.end(turn.id, { state: 'completed', endedAtMs: facts.nowMs, answers: [] })
	return writeStoredItems(messages.map((message, index) => ({ id: inputId(turn.id, index), message, partial: false })))
}

async function messagesOf(pieces: readonly Piece[], own: ScopedConversations): Promise<readonly Message[]> {
	const references = pieces.flatMap((piece) => (piece.type === 'reference' ? [piece.id] : []))
	const found = await findItems(references, undefined, own)
	return joinPieces(putInPlace(pieces, found))
}

function newTurn(
	conversation: ConversationId,
	inputs: readonly Message[],
	{ nowMs, process }: StoredCallContext,
): Omit<NewTurn, 'onConflict'> {
	return {
		id: newTurnId(),
		surface: 'messages',
		stored: false,
		process,
		conversation,
		inputs,
		model: '',
		metadata: {},
		echo: {},
		createdAtMs: nowMs,
	}
}
