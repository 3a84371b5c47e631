// The conversation of a response, by the ids that OpenAI's clients send.

import { readConversationId } from '../../conversations/conversation-id.ts'
import type { RecentTurn } from '../../conversations/recent-turns.ts'
import type { Thread, ThreadOrigin } from '../../conversations/thread.ts'
import type { ReadResponsesRequest } from '../../wire/openai/responses/request-reader.ts'
import { readResponseId } from '../../wire/openai/responses/response-writer.ts'
import { conversationNotFound, previousResponseNotFound } from './not-found.ts'

/**
 * Undefined if the response continues no stored conversation and is not stored.
 *
 * @param continued the turn that it continues, if only its connection has it.
 */
export function threadOf(read: ReadResponsesRequest, continued?: RecentTurn): Thread | undefined {
	const origin = originOf(read, continued)
	if (origin.type === 'new' && !read.store) return undefined
	return {
		surface: 'response',
		origin,
		stored: read.store,
		listed: origin.type === 'conversation',
		instructions: read.instructions,
		transient: [],
		incoming: [...(continued?.messages ?? []), ...read.input],
		truncation: read.truncation,
		onConflict: 'branch',
		metadata: read.metadata,
		echo: read.echo,
	}
}

/** @throws ChatError for an id that no response and no conversation has. */
export function originOf(
	{ previousResponse, conversation, request }: ReadResponsesRequest,
	continued?: RecentTurn,
): ThreadOrigin {
	if (continued !== undefined) return continued.origin
	if (previousResponse !== undefined) {
		const notFound = () => previousResponseNotFound(previousResponse)
		const id = readResponseId(previousResponse)
		if (id === undefined) throw notFound()
		return { type: 'turn', id, notFound }
	}
	if (conversation !== undefined) {
		const notFound = () => conversationNotFound(conversation)
		const id = readConversationId(conversation)
		if (id === undefined) throw notFound()
		return { type: 'conversation', id, notFound }
	}
	return { type: 'new', user: request.user }
}
