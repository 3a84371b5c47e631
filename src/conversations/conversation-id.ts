// Ids of conversations: creates, parses and formats them. An id is a UUID; OpenAI's clients see the same 128
// bits as `conv_…`. Both forms are accepted everywhere.

/** A UUID in lower case. */
export type ConversationId = string & { readonly __brand: 'conversation' }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const prefixed = /^conv_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/

/**
 * An id that was created here, for example from a database. Does not check it; `readConversationId` reads the ids of
 * clients.
 */
export function conversationId(text: string): ConversationId {
	return text as ConversationId
}

/**
 * A UUID that sorts by time, 74 of its bits random. Conversations that are active at the same time are adjacent in the
 * database.
 */
export function newConversationId(): ConversationId {
	return conversationId(Bun.randomUUIDv7())
}

/** @returns undefined unless `text` is a conversation id in either form. */
export function readConversationId(text: string): ConversationId | undefined {
	const lower = text.toLowerCase()
	if (uuid.test(lower)) return conversationId(lower)
	const parts = prefixed.exec(lower)
	return parts === null ? undefined : conversationId(parts.slice(1).join('-'))
}

export function writeConversationId(id: ConversationId): string {
	return `conv_${id.replaceAll('-', '')}`
}
