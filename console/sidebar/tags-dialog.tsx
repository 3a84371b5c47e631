// Changes the tags of a conversation.

import { useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { labelConversation } from '../state/conversation-list.ts'
import { readTags } from './sections.ts'

export interface TagsDialogProps {
	readonly item: ConversationSummary
	readonly onClose: () => void
}

/** The server's bound for a value of metadata. */
const longestTags = 512

export function TagsDialog({ item, onClose }: TagsDialogProps) {
	const [tags, setTags] = useState(readTags(item.metadata.tags).join(', '))
	const [failure, setFailure] = useState<string>()
	const words = text.value
	const save = (event: Event) => {
		event.preventDefault()
		const value = readTags(tags).join(',')
		labelConversation(item, 'tags', value === '' ? undefined : value).then(onClose, (reason: unknown) =>
			setFailure(explain(reason)),
		)
	}
	return (
		<Dialog title={words.editTags} onClose={onClose}>
			<form onSubmit={save}>
				<label class="field">
					<span class="label">{item.title ?? words.untitled}</span>
					<input
						class="input"
						value={tags}
						maxLength={longestTags}
						onInput={(event) => setTags(event.currentTarget.value)}
					/>
					<span class="help">{words.tagsHelp}</span>
				</label>
				{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
				<div class="actions">
					<button type="button" class="button" onClick={onClose}>
						{words.cancel}
					</button>
					<button type="submit" class="button primary">
						{words.save}
					</button>
				</div>
			</form>
		</Dialog>
	)
}
