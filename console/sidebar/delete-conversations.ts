// Deletes conversations with eight seconds to undo it. Several ones need a confirmation before.

import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { showToast } from '../parts/toast.tsx'
import { finishDeletion, noteDeletion, notedDeletions, undoDeletion } from '../state/deletions.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { addressOf, navigate, route } from '../state/route.ts'
import { clearSelection } from '../state/selection.ts'
import { attempt, explain } from './attempt.ts'

/** Those that can be undone now: further ones join them, so that none is deleted sooner than the toast says. */
let offered: readonly string[] = []

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
	offerUndo(ids, () => {
		// The person may be elsewhere by now.
		if (wasShown && route.value.name === 'new') navigate(shown)
	})
}

/** For a page that was loaded before a deletion was complete: it can still be undone. */
export function resumeDeletions(): void {
	const ids = notedDeletions()
	if (ids.length === 0) return
	noteDeletion(ids)
	offerUndo(ids, () => {})
}

function offerUndo(added: readonly string[], onUndone: () => void): void {
	const words = text.value
	const ids = [...offered, ...added]
	offered = ids
	showToast({
		text: words.conversationsDeleted(ids.length),
		action: {
			label: words.undo,
			run: () => {
				offered = []
				void attempt(undoDeletion(ids)).then((undone) => undone && onUndone())
			},
		},
		onClose: () => {
			if (offered !== ids) return
			offered = []
			void finish(ids)
		},
	})
}

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
