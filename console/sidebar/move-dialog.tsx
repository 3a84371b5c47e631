// Moves conversations into a folder, or out of it.

import { useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { forEachItem } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { conversations, labelConversation } from '../state/conversation-list.ts'
import { clearSelection } from '../state/selection.ts'
import { openFolders, toggleFolder } from '../state/sidebar.ts'
import type { ConversationsDialogProps } from './delete-dialog.tsx'
import { foldersOf, readFolder } from './sections.ts'

const longestFolder = 100
const folderListId = 'known-folders'

export function MoveDialog({ items, onClose }: ConversationsDialogProps) {
	const [folder, setFolder] = useState(items[0]?.metadata.folder ?? '')
	const [failure, setFailure] = useState<string>()
	const [busy, setBusy] = useState(false)
	const words = text.value
	const known = foldersOf(conversations.value.items)
	const move = async (event: Event) => {
		event.preventDefault()
		setBusy(true)
		const path = readFolder(folder)
		const { failed, reason } = await forEachItem(items, (item) => labelConversation(item, 'folder', path))
		setBusy(false)
		if (failed.length > 0) {
			setFailure(items.length === 1 ? reason : words.someFailed(failed.length, items.length, reason))
			return
		}
		if (path !== undefined)
			for (const opened of new Set([path.split('/')[0] ?? path, path]))
				if (!openFolders.value.has(opened)) toggleFolder(opened)
		clearSelection()
		onClose()
	}
	return (
		<Dialog title={words.moveMany(items.length)} onClose={onClose}>
			<form onSubmit={(event) => void move(event)}>
				<label class="field">
					<span class="label">{words.folder}</span>
					<input
						class="input"
						list={folderListId}
						value={folder}
						maxLength={longestFolder}
						onInput={(event) => setFolder(event.currentTarget.value)}
					/>
					<span class="help">{words.folderHelp}</span>
				</label>
				<datalist id={folderListId}>
					{known.map((path) => (
						<option key={path} value={path} />
					))}
				</datalist>
				{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						{words.cancel}
					</button>
					<button type="submit" class="button primary" disabled={busy}>
						{words.move}
					</button>
				</div>
			</form>
		</Dialog>
	)
}
