// Ids of stored messages. They derive from the turn that the message belongs to.

import type { TurnId } from './turn-id.ts'

export type MessageId = string & { readonly __brand: 'message' }

/** The id in a text of a client or of a database. A text that is the id of no message is not found by any store. */
export function messageId(text: string): MessageId {
	return text as MessageId
}

export function inputId(turn: TurnId, index: number): MessageId {
	return messageId(`${turn}-${index}`)
}

export function answerId(turn: TurnId, choice: number): MessageId {
	return messageId(`${turn}-a${choice}`)
}
