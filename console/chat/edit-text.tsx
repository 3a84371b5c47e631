// Edits a text in place: a question, or an answer. The first version stays, as a branch.

import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import type { OpenEdit } from '../state/open-edits.ts'
import { focusOpener } from './focus-turn.ts'
import { isSendKey } from './send-key.ts'

export interface EditTextProps {
	readonly value: string
	/** Stores the text until the editor closes. */
	readonly edit: OpenEdit
	/** Of the text field. */
	readonly label: string
	readonly saveLabel: string
	/** Position of the first version among the branches, from 1. */
	readonly branch: number
	/** Enter begins a line; Ctrl Enter saves. */
	readonly hasLines?: boolean
	/** Resolves to false if the text is not saved. */
	readonly onSave: (text: string) => Promise<boolean>
	readonly onCancel: () => void
}

const mostRows = 20

export function EditText({
	value: first,
	edit,
	label,
	saveLabel,
	branch,
	hasLines = false,
	onSave,
	onCancel,
}: EditTextProps) {
	const [isRestored] = useState(() => edit.read() !== undefined)
	const [value, setValue] = useState(() => edit.read() ?? first)
	const [saving, setSaving] = useState(false)
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	useEffect(() => {
		// An editor that was left open comes back with its screen, while the person does something else.
		if (!isRestored) area.current?.focus()
	}, [])
	useEffect(() => edit.write(value), [value])
	const save = async () => {
		if (value.trim() === '' || saving) return
		setSaving(true)
		if (await onSave(value)) edit.write(undefined)
		else setSaving(false)
	}
	const cancel = () => {
		edit.write(undefined)
		focusOpener(area.current?.closest('.turn'))
		onCancel()
	}
	return (
		<form
			class="edit-question"
			onSubmit={(event) => {
				event.preventDefault()
				void save()
			}}
			onKeyDown={(event) => {
				const saves = hasLines ? event.key === 'Enter' && (event.ctrlKey || event.metaKey) : isSendKey(event)
				if (saves) {
					event.preventDefault()
					void save()
				} else if (event.key === 'Escape') {
					event.stopPropagation()
					cancel()
				}
			}}
		>
			<textarea
				ref={area}
				class="input"
				rows={Math.min(mostRows, Math.max(value.split('\n').length, Math.ceil(value.length / 80)) + 1)}
				aria-label={label}
				value={value}
				onInput={(event) => setValue(event.currentTarget.value)}
			/>
			<div class="row">
				<span class="muted space">{words.editKeeps(branch)}</span>
				<button type="button" class="button small" onClick={cancel}>
					{words.cancel}
				</button>
				<button type="submit" class="button primary small" disabled={value.trim() === '' || saving}>
					{saveLabel}
				</button>
			</div>
		</form>
	)
}
