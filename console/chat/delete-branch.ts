// Deletes a branch of the conversation, with eight seconds to undo it. A branch that is all of the conversation is deleted with
// it.

import { deleteFrom } from '../api/conversations.ts'
import { ConnectionLost, isKeyRefused, ServerError } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { showToast } from '../parts/toast.tsx'
import { deleteConversations } from '../sidebar/delete-conversations.ts'
import { UndoOffer } from '../sidebar/undo-offer.ts'
import { announceChange } from '../state/announce-change.ts'
import {
	type DeletedBranch,
	forgetDeletedBranch,
	isNoted,
	noteDeletedBranch,
	notedBranches,
} from '../state/branch-deletions.ts'
import type { Chat } from '../state/chat.ts'
import { waitForConnection } from '../state/connection.ts'
import { signedInAgain } from '../state/session.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { focusAnswer } from './focus-turn.ts'
import { rowsOf } from './talk-rows.ts'

/** A deleted branch of a conversation on screen; of an earlier visit if there is no chat. */
interface UndoableBranch extends DeletedBranch {
	readonly chat?: Chat | undefined
}

export function deleteBranch(chat: Chat, turn: PageTurn): void {
	const conversation = chat.id.value
	if (conversation === undefined || turn.first === undefined) return
	if (turn.parent === undefined && chat.tree.value.siblings(turn).length === 1) {
		deleteConversations([conversation])
		return
	}
	const branch = { conversation, message: turn.first }
	const index = chat.path.value.indexOf(turn)
	noteDeletedBranch(branch)
	chat.hide(turn)
	focusAnswer(answerWith(chat, chat.path.value[index] ?? chat.path.value.at(-1)))
	undoOffer.offer([{ ...branch, chat }], () => {
		const shown = chat.isClosed ? undefined : chat.tree.value.find(turn.id)
		if (shown === undefined) return
		chat.show(shown)
		focusAnswer(answerWith(chat, shown))
	})
}

/** The turn that ends the answer of this one, which others may continue. */
function answerWith(chat: Chat, turn: PageTurn | undefined): string | undefined {
	return rowsOf(chat.path.value).find(({ turns }) => turns.some((one) => one === turn))?.last.id
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
			await readAgain(branch)
		}
	},
})

async function readAgain({ conversation, chat }: UndoableBranch): Promise<void> {
	if (chat === undefined || chat.isClosed) announceChange(conversation)
	else await chat.refresh()
}

/**
 * Deletes a branch from the server if it is still noted: another tab may have undone it. Without a connection, or an
 * accepted key, it waits for one.
 *
 * @returns the failure, if the server has refused.
 */
async function finishBranchDeletion(branch: DeletedBranch): Promise<unknown> {
	for (let attempt = 0; isNoted(branch); attempt++) {
		try {
			await deleteFrom(branch.conversation, branch.message)
			forgetDeletedBranch(branch)
		} catch (failure) {
			if (failure instanceof ConnectionLost) {
				await waitForConnection(attempt, new AbortController().signal)
				continue
			}
			if (isKeyRefused(failure)) {
				await signedInAgain(new AbortController().signal)
				continue
			}
			forgetDeletedBranch(branch)
			// Another tab, or another client, has deleted it.
			return failure instanceof ServerError && failure.status === 404 ? undefined : failure
		}
	}
	return undefined
}
