// The form of a new key: its name and when it expires.

import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { createKey, type KeySummary } from '../api/keys.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Notice } from '../parts/notice.tsx'
import { type ExpiryChoice, expiryChoices, expiryOf, localDay } from './key-expiry.ts'

export interface NewKeyFormProps {
	/** The name that is in the field at first. */
	readonly proposed: string
	readonly onMade: (key: KeySummary) => void
	readonly onClose: () => void
}

/** As the server defines it. */
const longestName = 200

export function NewKeyForm({ proposed, onMade, onClose }: NewKeyFormProps) {
	const words = text.value
	const [name, setName] = useState(proposed)
	const [choice, setChoice] = useState<ExpiryChoice>('90-days')
	const [day, setDay] = useState('')
	const [checked, setChecked] = useState(false)
	const [busy, setBusy] = useState(false)
	const [failure, setFailure] = useState<unknown>()
	const nameField = useRef<HTMLInputElement>(null)
	const dayField = useRef<HTMLInputElement>(null)
	const title = useId()
	useEffect(() => nameField.current?.focus(), [])
	const expiry = expiryOf(choice, day, Date.now())
	const lacksName = name.trim() === ''
	const submit = async () => {
		setChecked(true)
		if (lacksName) return nameField.current?.focus()
		if (expiry.type === 'invalid') return dayField.current?.focus()
		setBusy(true)
		setFailure(undefined)
		try {
			onMade(await createKey({ name: name.trim(), expires: expiry.type === 'at' ? expiry.seconds : undefined }))
		} catch (reason) {
			setFailure(reason)
			setBusy(false)
		}
	}
	return (
		<form
			class="new-key"
			aria-labelledby={title}
			noValidate
			onSubmit={(event) => {
				event.preventDefault()
				void submit()
			}}
			onKeyDown={(event) => {
				if (event.key === 'Escape') onClose()
			}}
		>
			<h3 id={title}>{words.newKey}</h3>
			<label class="field">
				<span class="label">{words.fieldName}</span>
				<input
					ref={nameField}
					class="input"
					autocomplete="off"
					maxLength={longestName}
					value={name}
					aria-invalid={checked && lacksName}
					onInput={({ currentTarget: { value } }) => setName(value)}
				/>
				<FieldHelp
					error={checked && lacksName}
					sentence={checked && lacksName ? words.keyNeedsName : words.keyNameHelp}
				/>
			</label>
			<label class="field">
				<span class="label">{words.keyExpiry}</span>
				<select
					class="input"
					value={choice}
					onChange={({ currentTarget: { value } }) =>
						setChoice(expiryChoices.find((known) => known === value) ?? '90-days')
					}
				>
					{expiryChoices.map((value) => (
						<option key={value} value={value}>
							{words.expiryChoices[value]}
						</option>
					))}
				</select>
				<FieldHelp error={false} sentence={words.keyEndsWithSession} />
			</label>
			{choice === 'day' && (
				<label class="field">
					<span class="label">{words.lastDay}</span>
					<input
						ref={dayField}
						class="input"
						type="date"
						min={localDay(Date.now())}
						value={day}
						aria-invalid={checked && expiry.type === 'invalid'}
						onInput={({ currentTarget: { value } }) => setDay(value)}
					/>
					{checked && expiry.type === 'invalid' && <FieldHelp error sentence={words.keyNeedsDay} />}
				</label>
			)}
			{failure !== undefined && <Notice kind="failure">{explain(failure)}</Notice>}
			<div class="actions">
				<button type="submit" class="button primary" disabled={busy}>
					{words.createKey}
				</button>
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
			</div>
		</form>
	)
}

function FieldHelp({ error, sentence }: { readonly error: boolean; readonly sentence: string }) {
	return (
		<span class={`help ${error ? 'error' : ''}`} role={error ? 'alert' : undefined}>
			{sentence}
		</span>
	)
}
