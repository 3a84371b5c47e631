// Edits a question in place. The first version stays, as a branch.

import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { isSendKey } from './send-key.ts'

export interface EditQuestionProps {
	readonly turn: PageTurn
	/** Number of branches that exist already. */
	readonly branches: number
	readonly onSave: (text: string) => void
	readonly onCancel: () => void
}

export function EditQuestion({ turn, branches, onSave, onCancel }: EditQuestionProps) {
	const [value, setValue] = useState(turn.question.text)
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	useEffect(() => area.current?.focus(), [])
	const save = () => {
		if (value.trim() !== '') onSave(value)
	}
	return (
		<form
			class="edit-question"
			onSubmit={(event) => {
				event.preventDefault()
				save()
			}}
			onKeyDown={(event) => {
				if (isSendKey(event)) {
					event.preventDefault()
					save()
				} else if (event.key === 'Escape') {
					event.stopPropagation()
					onCancel()
				}
			}}
		>
			<textarea
				ref={area}
				class="input"
				rows={Math.min(12, value.split('\n').length + 1)}
				aria-label={words.edit}
				value={value}
				onInput={(event) => setValue(event.currentTarget.value)}
			/>
			<div class="row">
				<span class="muted space">{words.editKeeps(branches)}</span>
				<button type="button" class="button small" onClick={onCancel}>
					{words.cancel}
				</button>
				<button type="submit" class="button primary small" disabled={value.trim() === ''}>
					{words.send}
				</button>
			</div>
		</form>
	)
}
