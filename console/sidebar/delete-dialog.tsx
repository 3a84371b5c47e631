// Deletes conversations after naming the consequence.

import { useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { showToast } from '../parts/toast.tsx'
import { removeConversation } from '../state/conversation-list.ts'
import { navigate, route } from '../state/route.ts'
import { clearSelection } from '../state/selection.ts'
import { forEachItem } from './attempt.ts'

export interface ConversationsDialogProps {
	readonly items: readonly ConversationSummary[]
	readonly onClose: () => void
}

/** More are counted only. */
const namedTitles = 5

export function DeleteDialog({ items, onClose }: ConversationsDialogProps) {
	const [left, setLeft] = useState(items)
	const [failure, setFailure] = useState<string>()
	const [busy, setBusy] = useState(false)
	const words = text.value
	const remove = async () => {
		setBusy(true)
		const { failed, reason } = await forEachItem(left, ({ id }) => removeConversation(id))
		setBusy(false)
		const shown = route.value
		const gone = new Set(left.filter((item) => !failed.includes(item)).map(({ id }) => id))
		if ((shown.name === 'conversation' || shown.name === 'compare') && gone.has(shown.id ?? ''))
			navigate({ name: 'new' }, 'replace')
		if (failed.length > 0) {
			setLeft(failed)
			setFailure(left.length === 1 ? reason : words.someFailed(failed.length, left.length, reason))
			return
		}
		clearSelection()
		onClose()
		showToast({ text: items.length === 1 ? words.conversationDeleted : words.conversationsDeleted(items.length) })
	}
	return (
		<Dialog title={items.length === 1 ? words.deleteQuestion : words.deleteMany(items.length)} onClose={onClose}>
			<ul class="dialog-titles">
				{left.slice(0, namedTitles).map((item) => (
					<li key={item.id}>{item.title ?? words.untitled}</li>
				))}
				{left.length > namedTitles && <li>…</li>}
			</ul>
			<p>{words.deleteConsequence}</p>
			{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
				<button type="button" class="button danger" disabled={busy} onClick={() => void remove()}>
					{words.delete}
				</button>
			</div>
		</Dialog>
	)
}
