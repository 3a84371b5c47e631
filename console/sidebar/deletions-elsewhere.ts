// Conversations that another window of this browser deletes leave the list of this one, too, and return when it undoes that. Only
// the other window offers to undo.

import { hideConversations, showConversations } from '../state/conversation-list.ts'
import { notedDeletions } from '../state/deletions.ts'
import { navigate, route } from '../state/route.ts'

/** Follows the notes on this device: browsers report what another window has stored. */
export function followDeletionsElsewhere(): void {
	let noted = new Set(notedDeletions())
	window.addEventListener('storage', ({ key }) => {
		const before = noted
		noted = new Set(notedDeletions())
		const isChanged = (id: string) => key?.endsWith(id) === true && before.has(id) !== noted.has(id)
		for (const id of [...before, ...noted].filter(isChanged))
			if (noted.has(id)) hide(id)
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
