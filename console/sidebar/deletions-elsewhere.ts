// Conversations that another window of this browser deletes leave the list of this one, too, and return when it undoes that.

import { hideConversations, showConversations } from '../state/conversation-list.ts'
import { followDeletions, notedDeletions } from '../state/deletions.ts'
import { navigate, route } from '../state/route.ts'
import { canUndo } from './delete-conversations.ts'

/** Follows the notes on this device, also those since this window was loaded: browsers report what another one has stored. */
export function followDeletionsElsewhere(): void {
	followDeletions((id, isDeleted) => {
		if (isDeleted) hide(id)
		// The server does not have it any more, unless the deletion was undone.
		else void showConversations([id]).catch(() => undefined)
	})
	for (const id of notedDeletions()) if (!canUndo(id)) hide(id)
}

function hide(id: string): void {
	hideConversations([id])
	const shown = route.value
	if ((shown.name === 'conversation' || shown.name === 'compare') && shown.id === id)
		navigate({ name: 'new' }, 'replace')
}
