// Creates, parses and formats ids. A conversation id is a UUID, as Albert's clients expect; OpenAI's clients see the same 128 bits as
// `conv_…`. Both forms are accepted everywhere.

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const prefixed = /^conv_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/

/** A UUID that sorts by time, 74 of its bits random. Conversations that are active at the same time are adjacent in the database. */
export function newConversationId(): string {
	return Bun.randomUUIDv7()
}

/** @returns undefined unless `text` is a conversation id in either form. */
export function readConversationId(text: string): string | undefined {
	const lower = text.toLowerCase()
	if (uuid.test(lower)) return lower
	const parts = prefixed.exec(lower)
	return parts === null ? undefined : parts.slice(1).join('-')
}

export function writeConversationId(id: string): string {
	return `conv_${id.replaceAll('-', '')}`
}

/** 32 hexadecimal digits that sort by time, 74 of their bits random. */
export function newTurnId(): string {
	return Bun.randomUUIDv7('hex').replaceAll('-', '')
}
