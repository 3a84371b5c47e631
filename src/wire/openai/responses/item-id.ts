// Ids of items. A kept message is told as one item or several; each one's id is made of the message's, so that it can be found again.

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
 * @param call the id of the message's call that is meant
 */
export function writeItemId(kind: ItemKind, message: string, call?: string): string {
	return `${itemKinds[kind]}_${message}${call === undefined ? '' : `-${markCall(call)}`}`
}

/** A call's id in a form that fits into paths; it stays the same when another call of the message is taken away. */
export function markCall(id: string): string {
	return Bun.hash.crc32(id).toString(16).padStart(8, '0')
}

/** An item of a kind that the answer's stream had before: text behind a call, say. It is told together with the first one afterwards. */
export function writeFurtherItemId(id: string, times: number): string {
	return times === 0 ? id : `${id}.${times}`
}

export interface ItemId {
	readonly kind: ItemKind
	readonly message: string
	readonly turn: string
	/** As `markCall` writes it. */
	readonly call?: string
}

const form = /^([a-z]+)_(([0-9a-f]{32})-a?\d{1,9})(?:-([0-9a-f]{8}))?(?:\.\d{1,9})?$/

/** @returns undefined for what is no id of ours. */
export function readItemId(id: string): ItemId | undefined {
	const [, prefix, message, turn, call] = form.exec(id) ?? []
	const kind = kinds.find((one) => itemKinds[one] === prefix)
	if (kind === undefined || message === undefined || turn === undefined) return undefined
	return { kind, message, turn, ...(call === undefined ? {} : { call }) }
}

const kinds: readonly ItemKind[] = [
	'message',
	'reasoning',
	'function_call',
	'custom_tool_call',
	'function_call_output',
	'custom_tool_call_output',
]
