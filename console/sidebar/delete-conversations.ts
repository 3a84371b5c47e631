// Deletes conversations with eight seconds to undo it. Several ones need a confirmation before.

import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { showToast } from '../parts/toast.tsx'
import { hideConversations } from '../state/conversation-list.ts'
import { finishDeletion, noteDeletion, notedDeletions, undoDeletion } from '../state/deletions.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { addressOf, navigate, route } from '../state/route.ts'
import { clearSelection } from '../state/selection.ts'
import { UndoOffer } from './undo-offer.ts'

const undoOffer = new UndoOffer<string>({
	sentence: (count) => text.value.conversationsDeleted(count),
	undo: undoDeletion,
	finish,
})

/** More than one need a confirmation. */
export function requestDeletion(items: readonly ConversationSummary[]): void {
	if (items.length > 1) libraryDialog.value = { type: 'delete', items }
	else deleteConversations(items.map(({ id }) => id))
}

export function deleteConversations(ids: readonly string[]): void {
	const shown = route.value
	const wasShown = (shown.name === 'conversation' || shown.name === 'compare') && ids.includes(shown.id ?? '')
	focusNeighbour(ids)
	noteDeletion(ids)
	clearSelection()
	if (wasShown) navigate({ name: 'new' }, 'replace')
	undoOffer.offer(ids, () => {
		// The person may be elsewhere by now.
		if (wasShown && route.value.name === 'new') navigate(shown)
	})
}

/** For a page that was loaded before a deletion was complete: it can still be undone. */
export function resumeDeletions(): void {
	const ids = notedDeletions()
	if (ids.length === 0) return
	hideConversations(ids)
	undoOffer.offer(ids)
}

/** Whether this window offers to undo the deletion. */
export const canUndo = (id: string): boolean => undoOffer.has(id)

async function finish(ids: readonly string[]): Promise<void> {
	const { refused, reason } = await finishDeletion(ids)
	if (refused.length > 0) showToast({ text: text.value.someFailed(refused.length, ids.length, explain(reason)) })
}

/** If the focus is on a row that is deleted, the next one that remains gets it, or else the link to a new chat. */
function focusNeighbour(ids: readonly string[]): void {
	const rows = [...document.querySelectorAll<HTMLElement>('a[data-conversation]')]
	const focused = document.activeElement?.closest('li.conversation')
	const at = rows.findIndex((row) => focused?.contains(row) === true)
	if (at === -1) return
	const remains = (row: HTMLElement) => !ids.includes(row.dataset.conversation ?? '')
	const next = rows.slice(at).find(remains) ?? rows.slice(0, at).findLast(remains)
	const target = next ?? document.querySelector<HTMLElement>(`.sidebar a[href="${addressOf({ name: 'new' })}"]`)
	target?.focus()
}
