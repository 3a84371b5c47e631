// Items that a request refers to by their ids: which messages to look up for them, and the items of the messages that
// were found.

import { ChatError } from '../../chat/error.ts'
import type { FoundMessages, LookupOrigin, MessageLookup } from '../../conversations/message-lookup.ts'
import { readItemId } from '../../wire/openai/responses/item-id.ts'
import { extractItem } from '../../wire/openai/responses/message-item.ts'
import type { ParsedItem } from '../../wire/openai/responses/parsed-items.ts'
import { itemNotFound } from './not-found.ts'

const maxReferences = 1000

/** @param continues the origin that the request continues from: its items are in the history already. */
export function lookupOf(references: readonly string[], continues?: LookupOrigin): MessageLookup {
	const ids = references.length > maxReferences ? [] : references.map(readItemId)
	return {
		messages: ids.flatMap((id) => (id === undefined ? [] : [{ turn: id.turn, message: id.message }])),
		continues,
	}
}

/** The ids that the items refer to. */
export function referencesOf(pieces: readonly ParsedItem[]): readonly string[] {
	return pieces.flatMap((piece) => (piece.type === 'reference' ? [piece.id] : []))
}

/**
 * The content of each item; none for items of the conversation that the request continues.
 *
 * @throws ChatError `not-found` for an item that was not found, `invalid-request` for too many.
 */
export function itemsOf(
	references: readonly string[],
	found: FoundMessages,
): ReadonlyMap<string, readonly ParsedItem[]> {
	if (references.length > maxReferences)
		throw new ChatError('invalid-request', `Too many item references: at most ${maxReferences} are allowed.`, {
			param: 'input',
		})
	const items = new Map<string, readonly ParsedItem[]>()
	for (const reference of new Set(references)) {
		const id = readItemId(reference)
		const stored = id === undefined ? undefined : found.messages.get(id.message)
		const piece = stored === undefined ? undefined : extractItem(stored, reference)
		if (stored === undefined || piece === undefined) throw itemNotFound(reference)
		items.set(reference, stored.conversation === found.conversation ? [] : [piece])
	}
	return items
}
