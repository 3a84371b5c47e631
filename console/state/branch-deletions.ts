// Branches that a person has deleted: they leave the screen immediately, and the server when the person can no longer undo it.
// Until then they are noted on this device, so that a page that was closed meanwhile neither shows nor forgets them.

import { DeviceNotes } from './device-notes.ts'
import type { TurnTree } from './turn-tree.ts'

export interface DeletedBranch {
	readonly conversation: string
	/** The first message of its first turn. */
	readonly message: string
}

const notes = new DeviceNotes('deleted-branch.')
const nameOf = ({ conversation, message }: DeletedBranch): string => `${conversation}.${message}`

export const noteDeletedBranch = (branch: DeletedBranch): void => notes.add(nameOf(branch))

export const forgetDeletedBranch = (branch: DeletedBranch): void => notes.remove(nameOf(branch))

/** Whether it is noted for the session's account. */
export const isNoted = (branch: DeletedBranch): boolean => notes.has(nameOf(branch))

/** Those that were noted by an earlier visit, or by another tab, and that the server still has. */
export function notedBranches(): readonly DeletedBranch[] {
	return notes.names.flatMap((name) => {
		const [conversation, message] = name.split('.')
		return conversation === undefined || message === undefined ? [] : [{ conversation, message }]
	})
}

/** Calls `changed` when another tab has deleted a branch of the conversation, or has undone or completed that. */
export const followDeletedBranches = (conversation: string, changed: () => void, until: AbortSignal): void =>
	notes.followOtherTabs((name) => {
		if (name.startsWith(`${conversation}.`)) changed()
	}, until)

/** The turns without the branches that the person has deleted. */
export function withoutDeleted(tree: TurnTree, conversation: string): TurnTree {
	let left = tree
	for (const branch of notedBranches().filter((one) => one.conversation === conversation)) {
		const turn = left.all.find(({ first }) => first === branch.message)
		if (turn !== undefined) left = left.withoutBranch(turn)
	}
	return left
}
