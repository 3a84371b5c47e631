// How ids are made and told. A conversation is a UUID, as Albert's clients expect it; OpenAI's clients see the same 128 bits as
// `conv_…`, and either form is understood everywhere.

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const prefixed = /^conv_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/

/** A UUID that sorts by time, 74 of its bits random: what is gone on with at the same time stands together in the database. */
export function newConversationId(): string {
	return Bun.randomUUIDv7()
}

/** @returns undefined for what is no conversation's id, in either form. */
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
