// Changes the title of a conversation in its row: Enter and leaving save it, Esc leaves it as it was.

import { useEffect, useRef } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { renameConversation } from '../state/conversation-list.ts'

const longestTitle = 200

export interface TitleFieldProps {
	readonly item: ConversationSummary
	/** @param byKey whether the focus was in the field until now. */
	readonly onClose: (byKey: boolean) => void
}

export function TitleField({ item, onClose }: TitleFieldProps) {
	const field = useRef<HTMLInputElement>(null)
	const closed = useRef(false)
	const title = item.title ?? ''
	useEffect(() => field.current?.select(), [])
	const close = async (value: string, byKey: boolean) => {
		if (closed.current) return
		closed.current = true
		const wanted = value.trim()
		const saved = wanted === '' || wanted === title || (await attempt(renameConversation(item.id, wanted)))
		closed.current = saved
		if (saved) onClose(byKey)
	}
	return (
		<input
			ref={field}
			class="title-field"
			aria-label={text.value.title}
			maxLength={longestTitle}
			defaultValue={title}
			onBlur={(event) => void close(event.currentTarget.value, false)}
			onKeyDown={(event) => {
				event.stopPropagation()
				if (event.isComposing) return
				if (event.key === 'Enter') void close(event.currentTarget.value, true)
				else if (event.key === 'Escape') void close(title, true)
			}}
		/>
	)
}
