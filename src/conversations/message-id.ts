// Ids of stored messages. They derive from the turn that the message belongs to.

import type { TurnId } from './turn-id.ts'

export type MessageId = string & { readonly __brand: 'message' }

/** An id from a client or a database. Not validated: stores find no message for any other text. */
export function messageId(text: string): MessageId {
	return text as MessageId
}

export function inputId(turn: TurnId, index: number): MessageId {
	return messageId(`${inputIdPrefix(turn)}${index}`)
}

/** What precedes the index in the ids of a turn's inputs. */
export function inputIdPrefix(turn: TurnId): string {
	return `${turn}-`
}

export function answerId(turn: TurnId, choice: number): MessageId {
	return messageId(`${turn}-a${choice}`)
}
