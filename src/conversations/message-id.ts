// Ids of stored messages. They derive from the turn that the message belongs to.

import { readTurnId, type TurnId } from './turn-id.ts'

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

/** A message by its position in its turn. */
export interface MessagePosition {
	readonly turn: TurnId
	/** The position among the inputs, or the choice of the answer. */
	readonly index: number
	readonly isAnswer: boolean
}

/** @returns undefined for a text that is no id of a message. */
export function readMessageId(text: string): MessagePosition | undefined {
	const [, digits = '', answer, index] = /^([0-9a-f]{32})-(a?)(\d{1,6})$/.exec(text) ?? []
	const turn = readTurnId(digits)
	return turn === undefined ? undefined : { turn, index: Number(index), isAnswer: answer === 'a' }
}
