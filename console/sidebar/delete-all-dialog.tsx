// Confirms that all conversations are deleted, which cannot be undone: the person writes a word before.

import { useState } from 'preact/hooks'
import { deleteAllConversations } from '../api/conversations.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { forgetConversations, loadConversations } from '../state/conversation-list.ts'
import { navigate } from '../state/route.ts'
import { clearSelection } from '../state/selection.ts'

export function DeleteAllDialog({ onClose }: { readonly onClose: () => void }) {
	const [busy, setBusy] = useState(false)
	const [failure, setFailure] = useState<unknown>()
	const [written, setWritten] = useState('')
	const words = text.value
	const confirmed = written.trim().toLowerCase() === words.deleteAllWord
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
			<form
				onSubmit={(event) => {
					event.preventDefault()
					if (confirmed && !busy) void remove()
				}}
			>
				<label class="field">
					<span class="label">{words.deleteAllPrompt(words.deleteAllWord)}</span>
					<input
						class="input"
						autocomplete="off"
						autocapitalize="none"
						spellcheck={false}
						value={written}
						onInput={({ currentTarget: { value } }) => setWritten(value)}
					/>
				</label>
				{failure !== undefined && <Notice kind="failure">{explain(failure)}</Notice>}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						{words.cancel}
					</button>
					<button type="submit" class="button danger" disabled={busy || !confirmed}>
						{words.deleteAllNow}
					</button>
				</div>
			</form>
		</Dialog>
	)
}
