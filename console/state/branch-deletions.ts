// Branches that a person has deleted: they leave the screen immediately, and the server when the person can no longer undo it.
// Until then they are noted on this device, so that a page that was closed meanwhile neither shows nor forgets them.

import { thisDevice } from './storage.ts'
import type { TurnTree } from './turn-tree.ts'

export interface DeletedBranch {
	readonly conversation: string
	/** The first message of its first turn. */
	readonly message: string
}

const prefix = 'deleted-branch.'
const nameOf = ({ conversation, message }: DeletedBranch): string => `${prefix}${conversation}.${message}`

export const noteDeletedBranch = (branch: DeletedBranch): void => {
	thisDevice.write(nameOf(branch), 'true')
}

export const forgetDeletedBranch = (branch: DeletedBranch): void => {
	thisDevice.write(nameOf(branch), undefined)
}

export const isNoted = (branch: DeletedBranch): boolean => thisDevice.read(nameOf(branch)) !== undefined

/** Those that were noted by an earlier visit, or by another tab, and that the server still has. */
export function notedBranches(): readonly DeletedBranch[] {
	return thisDevice.names(prefix).flatMap((name) => {
		const [conversation, message] = name.slice(prefix.length).split('.')
		return conversation === undefined || message === undefined ? [] : [{ conversation, message }]
	})
}

/** The turns without the branches that the person has deleted. */
export function withoutDeleted(tree: TurnTree, conversation: string): TurnTree {
	let left = tree
	for (const branch of notedBranches().filter((one) => one.conversation === conversation)) {
		const turn = left.all.find(({ first }) => first === branch.message)
		if (turn !== undefined) left = left.withoutBranch(turn)
	}
	return left
}
