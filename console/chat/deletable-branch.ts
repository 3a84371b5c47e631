// Which branch of the conversation the menu of an answer deletes.

import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'

/**
 * The turn with which the branch of a row begins: the last one of the row that has others beside it, or else its first. Undefined if
 * the branch cannot be deleted: a comparison would have columns of different lengths, and an answer in progress must be stopped before.
 *
 * @param turns a turn, and those that continue its answer.
 */
export function deletableBranch(chat: Chat, turns: readonly PageTurn[]): PageTurn | undefined {
	const tree = chat.tree.value
	const turn = turns.findLast((one) => tree.siblings(one).length > 1) ?? turns[0]
	if (turn?.first === undefined || !chat.choosesModel) return undefined
	const left = new Set(tree.withoutBranch(turn).all)
	return tree.all.some((one) => !left.has(one) && one.answer.isRunning) ? undefined : turn
}
