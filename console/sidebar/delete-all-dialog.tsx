// Confirms that all conversations are deleted, which cannot be undone.

import { useState } from 'preact/hooks'
import { deleteAllConversations } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { forgetConversations, loadConversations } from '../state/conversation-list.ts'
import { navigate } from '../state/route.ts'
import { clearSelection } from '../state/selection.ts'
import { explain } from './attempt.ts'

export function DeleteAllDialog({ onClose }: { readonly onClose: () => void }) {
	const [busy, setBusy] = useState(false)
	const [failure, setFailure] = useState<unknown>()
	const words = text.value
	const remove = async () => {
		setBusy(true)
		try {
			await deleteAllConversations()
		} catch (thrown) {
			setFailure(thrown)
			setBusy(false)
			return
		}
		clearSelection()
		forgetConversations()
		navigate({ name: 'new' }, 'replace')
		onClose()
		await loadConversations().catch(() => undefined)
	}
	return (
		<Dialog title={words.deleteAllTitle} onClose={onClose}>
			<p>{words.deleteAllConsequence}</p>
			{failure !== undefined && <Notice kind="failure">{explain(failure)}</Notice>}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
				<button type="button" class="button danger" disabled={busy} onClick={() => void remove()}>
					{words.deleteAllNow}
				</button>
			</div>
		</Dialog>
	)
}
