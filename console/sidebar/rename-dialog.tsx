// Gives a conversation another title.

import { useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { renameConversation } from '../state/conversation-list.ts'

export interface ConversationDialogProps {
	readonly item: ConversationSummary
	readonly onClose: () => void
}

const longestTitle = 200

export function RenameDialog({ item, onClose }: ConversationDialogProps) {
	const [title, setTitle] = useState(item.title ?? '')
	const [failure, setFailure] = useState<string>()
	const words = text.value
	return (
		<Dialog title={words.rename} onClose={onClose}>
			<form
				onSubmit={(event) => {
					event.preventDefault()
					renameConversation(item.id, title.trim()).then(onClose, (reason: Error) => setFailure(reason.message))
				}}
			>
				<label class="field">
					<span class="label">{words.title}</span>
					<input
						class="input"
						value={title}
						maxLength={longestTitle}
						onInput={(event) => setTitle(event.currentTarget.value)}
					/>
				</label>
				{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						{words.cancel}
					</button>
					<button type="submit" class="button primary" disabled={title.trim() === ''}>
						{words.save}
					</button>
				</div>
			</form>
		</Dialog>
	)
}
