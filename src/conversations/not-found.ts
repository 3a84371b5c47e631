// The error of an operation on an object of a conversation that does not exist. The dialect writes the message for its
// clients.

/**
 * The object that does not exist, or belongs to another caller. A cursor is the item that a page begins after, a tip
 * the last message of a branch.
 */
export type Absent = 'conversation' | 'message' | 'tip' | 'cursor' | 'turn' | 'share'

export class NotFound extends Error {
	override readonly name = 'NotFound'
	readonly absent: Absent

	constructor(absent: Absent) {
		super(`no such ${absent}`)
		this.absent = absent
	}
}

/** @throws NotFound if `value` is undefined. */
export function present<Value>(value: Value | undefined, absent: Absent): Value {
	if (value === undefined) throw new NotFound(absent)
	return value
}
