// Ids of turns. The id of an answer in every dialect is a prefix and the id of its turn.

/** 32 hexadecimal digits that sort by creation. */
export type TurnId = string & { readonly __brand: 'turn' }

/** An id that was created here, for example from a database. Does not check it; `readTurnId` reads the ids of clients. */
export function turnId(text: string): TurnId {
	return text as TurnId
}

/** 74 of its bits are random. */
export function newTurnId(): TurnId {
	return Bun.randomUUIDv7('hex').replaceAll('-', '') as TurnId
}

/** @returns undefined unless `text` is `prefix` and the id of a turn. */
export function readTurnId(text: string, prefix = ''): TurnId | undefined {
	const digits = text.startsWith(prefix) ? text.slice(prefix.length) : ''
	return /^[0-9a-f]{32}$/.test(digits) ? turnId(digits) : undefined
}
