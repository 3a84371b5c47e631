// Ids of items. A stored message is written as one item or several. Each item's id is derived from the message's, so
// the item can be found.

import { type MessageId, messageId } from '../../../conversations/message-id.ts'
import { type TurnId, turnId } from '../../../conversations/turn-id.ts'

export const itemKinds = {
	message: 'msg',
	reasoning: 'rs',
	function_call: 'fc',
	custom_tool_call: 'ctc',
	function_call_output: 'fco',
	custom_tool_call_output: 'ctco',
	compaction: 'cmp',
} as const

export type ItemKind = keyof typeof itemKinds

/**
 * @param message id of the message, as `inputId` or `answerId` gives it
 * @param call the id of one call of the message
 */
export function writeItemId(kind: ItemKind, message: MessageId, call?: string): string {
	return `${itemKinds[kind]}_${message}${call === undefined ? '' : `-${markCall(call)}`}`
}

/** A call's id in a form that is valid in paths. It does not change if another call of the message is removed. */
export function markCall(id: string): string {
	return Bun.hash.crc32(id).toString(16).padStart(8, '0')
}

/**
 * Id of an item of a kind that the stream already contained, such as text after a call. Later it is merged with the
 * first such item.
 */
export function writeFurtherItemId(id: string, times: number): string {
	return times === 0 ? id : `${id}.${times}`
}

export interface ItemId {
	readonly kind: ItemKind
	readonly message: MessageId
	readonly turn: TurnId
	/** As `markCall` writes it. */
	readonly call?: string
}

const form = /^([a-z]+)_(([0-9a-f]{32})-a?\d{1,9})(?:-([0-9a-f]{8}))?(?:\.\d{1,9})?$/

/** @returns undefined for an id that was not created here. */
export function readItemId(id: string): ItemId | undefined {
	const [, prefix, message, turn, call] = form.exec(id) ?? []
	const kind = kinds.find((one) => itemKinds[one] === prefix)
	if (kind === undefined || message === undefined || turn === undefined) return undefined
	return { kind, message: messageId(message), turn: turnId(turn), call }
}

const kinds: readonly ItemKind[] = [
	'message',
	'reasoning',
	'function_call',
	'custom_tool_call',
	'function_call_output',
	'custom_tool_call_output',
]
