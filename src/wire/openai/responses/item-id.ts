// Ids of items. A stored message is written as one item or several. Each item's id is derived from the message's, so
// the item can be found.

import { type MessageId, messageId } from '../../../conversations/message-id.ts'
import { type TurnId, turnId } from '../../../conversations/turn-id.ts'

export const itemKinds = {
	message: 'msg',
	reasoning: 'rs',
	function_call: 'fc',
	custom_tool_call: 'ctc',
	image_generation_call: 'ig',
	provider_item: 'itm',
	function_call_output: 'fco',
	custom_tool_call_output: 'ctco',
	shell_call: 'sh',
	shell_call_output: 'sho',
	local_shell_call: 'lsh',
	local_shell_call_output: 'lsho',
	apply_patch_call: 'apc',
	apply_patch_call_output: 'apco',
	computer_call: 'cu',
	computer_call_output: 'cuo',
	tool_search_call: 'tsc',
	tool_search_output: 'tso',
	compaction: 'cmp',
} as const

export type ItemKind = keyof typeof itemKinds

/**
 * @param message id of the message, as `inputId` or `answerId` gives it
 * @param call the id of one call of the message
 * @param ordinal number of items of the same kind that precede this one in the message
 */
export function writeItemId(kind: ItemKind, message: MessageId, call?: string, ordinal = 0): string {
	const ofCall = call === undefined ? '' : `-${markCall(call)}`
	return `${itemKinds[kind]}_${message}${ofCall}${ordinal === 0 ? '' : `.${ordinal}`}`
}

/** A call's id in a form that is valid in paths. It does not change if another call of the message is removed. */
export function markCall(id: string): string {
	return Bun.hash.crc32(id).toString(16).padStart(8, '0')
}

/** Gives ids to the items of one message, in their order. */
export class ItemIds {
	private readonly message: MessageId
	private readonly given = new Map<string, number>()

	constructor(message: MessageId) {
		this.message = message
	}

	/** @param call the id of the call that the item is about. */
	next(kind: ItemKind, call?: string): string {
		const first = writeItemId(kind, this.message, call)
		const ordinal = this.given.get(first) ?? 0
		this.given.set(first, ordinal + 1)
		return writeItemId(kind, this.message, call, ordinal)
	}
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

// The list has every key of the table.
const kinds = Object.keys(itemKinds) as readonly ItemKind[]
