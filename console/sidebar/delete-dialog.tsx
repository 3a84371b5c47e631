// Deletes a conversation after naming the consequence.

import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { showToast } from '../parts/toast.tsx'
import { removeConversation } from '../state/conversation-list.ts'
import { navigate, route } from '../state/route.ts'
import type { ConversationDialogProps } from './rename-dialog.tsx'

export function DeleteDialog({ item, onClose }: ConversationDialogProps) {
	const [failure, setFailure] = useState<string>()
	const words = text.value
	const remove = async () => {
		try {
			await removeConversation(item.id)
		} catch (reason) {
			setFailure(reason instanceof Error ? reason.message : String(reason))
			return
		}
		onClose()
		const shown = route.value
		if (shown.name === 'conversation' && shown.id === item.id) navigate({ name: 'new' }, 'replace')
		showToast({ text: words.conversationDeleted })
	}
	return (
		<Dialog title={words.deleteQuestion} onClose={onClose}>
			<p>
				<strong>{item.title ?? words.untitled}</strong>
			</p>
			<p>{words.deleteConsequence}</p>
			{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
				<button type="button" class="button danger" onClick={() => void remove()}>
					{words.delete}
				</button>
			</div>
		</Dialog>
	)
}
