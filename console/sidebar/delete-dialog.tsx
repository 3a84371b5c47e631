// Confirms that several conversations are deleted.

import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/all-sentences.ts'
import { Dialog } from '../parts/dialog.tsx'
import { deleteConversations } from './delete-conversations.ts'

export interface ConversationsDialogProps {
	readonly items: readonly ConversationSummary[]
	readonly onClose: () => void
}

/** More are counted only. */
const namedTitles = 5

export function DeleteDialog({ items, onClose }: ConversationsDialogProps) {
	const words = text.value
	return (
		<Dialog title={words.deleteMany(items.length)} onClose={onClose}>
			<ul class="dialog-titles">
				{items.slice(0, namedTitles).map((item) => (
					<li key={item.id}>{item.title ?? words.untitled}</li>
				))}
				{items.length > namedTitles && <li>…</li>}
			</ul>
			<p>{words.deleteConsequence}</p>
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
				<button
					type="button"
					class="button danger"
					onClick={() => {
						onClose()
						deleteConversations(items.map(({ id }) => id))
					}}
				>
					{words.delete}
				</button>
			</div>
		</Dialog>
	)
}
