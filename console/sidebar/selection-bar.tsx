// What can be done with the selected conversations.

import { FolderInput, Trash2, X } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { conversations } from '../state/conversation-list.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { clearSelection, selection } from '../state/selection.ts'
import { requestDeletion } from './delete-conversations.ts'

export function SelectionBar() {
	const { ids } = selection.value
	const words = text.value
	if (ids.size === 0) return null
	const items = () => conversations.value.items.filter(({ id }) => ids.has(id))
	return (
		<div class="selection-bar" role="toolbar" aria-label={words.selectedCount(ids.size)}>
			<span class="space" role="status">
				{words.selectedCount(ids.size)}
			</span>
			<IconButton
				small
				node={FolderInput}
				label={words.moveToFolder}
				onClick={() => {
					libraryDialog.value = { type: 'move', items: items() }
				}}
			/>
			<IconButton small node={Trash2} label={words.delete} onClick={() => requestDeletion(items())} />
			<IconButton small node={X} label={words.clearSelection} onClick={clearSelection} />
		</div>
	)
}
