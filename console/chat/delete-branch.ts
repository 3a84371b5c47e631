// Deletes a branch of the conversation, with eight seconds to undo it. A branch that is all of the conversation is deleted with
// it.

import { text } from '../languages/languages.ts'
import { showToast } from '../parts/toast.tsx'
import { explain } from '../sidebar/attempt.ts'
import { deleteConversations } from '../sidebar/delete-conversations.ts'
import { UndoOffer } from '../sidebar/undo-offer.ts'
import {
	type DeletedBranch,
	finishBranchDeletion,
	forgetDeletedBranch,
	noteDeletedBranch,
	notedBranches,
} from '../state/branch-deletions.ts'
import type { Chat } from '../state/chat.ts'
import { announceChange } from '../state/conversation-channel.ts'
import type { PageTurn } from '../state/turn-tree.ts'

/** A deleted branch of a conversation on screen; of an earlier visit if there is no chat. */
interface UndoableBranch extends DeletedBranch {
	readonly chat?: Chat | undefined
}

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

export function deleteBranch(chat: Chat, turn: PageTurn): void {
	const conversation = chat.id.value
	if (conversation === undefined || turn.first === undefined) return
	if (turn.parent === undefined && chat.tree.value.siblings(turn).length === 1) {
		deleteConversations([conversation])
		return
	}
	const branch = { conversation, message: turn.first }
	noteDeletedBranch(branch)
	chat.hide(turn)
	chat.announceChange()
	undoOffer.offer([{ ...branch, chat }], () => {
		const shown = chat.isClosed ? undefined : chat.tree.value.find(turn.id)
		if (shown !== undefined) chat.show(shown)
	})
}

/** For a page that was loaded before a deletion was complete: it can still be undone. */
export function resumeBranchDeletions(): void {
	const branches = notedBranches()
	if (branches.length > 0) undoOffer.offer(branches)
}

const undoOffer = new UndoOffer<UndoableBranch>({
	sentence: (count) => text.value.branchesDeleted(count),
	async undo(branches) {
		for (const branch of branches) forgetDeletedBranch(branch)
		for (const branch of branches) await readAgain(branch)
	},
	async finish(branches) {
		for (const branch of branches) {
			const failure = await finishBranchDeletion(branch)
			if (failure === undefined) continue
			showToast({ text: explain(failure) })
			await readAgain(branch).catch(() => undefined)
		}
	},
})

async function readAgain({ conversation, chat }: UndoableBranch): Promise<void> {
	if (chat === undefined || chat.isClosed) announceChange(conversation)
	else {
		await chat.refresh()
		chat.announceChange()
	}
}
