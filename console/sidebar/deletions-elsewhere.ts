// Conversations that another window of this browser deletes leave the list of this one, too, and return when it undoes that. Only
// the other window offers to undo.

import { hideConversations, showConversations } from '../state/conversation-list.ts'
import { followDeletions } from '../state/deletions.ts'
import { navigate, route } from '../state/route.ts'

/** Follows the notes on this device: browsers report what another window has stored. */
export function followDeletionsElsewhere(): void {
	followDeletions((id, isDeleted) => {
		if (isDeleted) hide(id)
		// The server does not have it any more, unless the deletion was undone.
		else void showConversations([id]).catch(() => undefined)
	})
}

function hide(id: string): void {
	hideConversations([id])
	const shown = route.value
	if ((shown.name === 'conversation' || shown.name === 'compare') && shown.id === id)
		navigate({ name: 'new' }, 'replace')
}
