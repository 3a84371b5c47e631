// Signs in with a key, which is tried before it is stored.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { isKeyRefused, ServerError } from './api/server.ts'
import { text } from './languages/all-sentences.ts'
import { Notice } from './parts/notice.tsx'
import { loadModels } from './state/models.ts'
import { isSendable, signIn } from './state/session.ts'

/** Also used over the page when the server no longer accepts a key. */
export function KeyForm({ children }: { readonly children?: ComponentChildren }) {
	const [key, setKey] = useState('')
	const [onDevice, setOnDevice] = useState(false)
	const [busy, setBusy] = useState(false)
	const [failure, setFailure] = useState<unknown>()
	const words = text.value
	const submit = async () => {
		setBusy(true)
		setFailure(undefined)
		try {
			if (!isSendable(key.trim())) throw new InvalidKey()
			await loadModels(key.trim())
			signIn(key.trim(), { onDevice })
		} catch (reason) {
			setFailure(reason)
			setBusy(false)
		}
	}
	return (
		<form
			class="key-form"
			onSubmit={(event) => {
				event.preventDefault()
				void submit()
			}}
		>
			{children}
			<label class="field">
				<span class="label">{words.key}</span>
				<input
					class="input"
					type="password"
					name="key"
					autocomplete="off"
					spellcheck={false}
					placeholder="dgm-…"
					value={key}
					// biome-ignore lint/a11y/noAutofocus: the form has no other purpose
					autoFocus
					onInput={(event) => setKey(event.currentTarget.value)}
				/>
				<span class="help">{words.keyHelp}</span>
			</label>
			<label class="choice">
				<input type="checkbox" checked={onDevice} onChange={(event) => setOnDevice(event.currentTarget.checked)} />
				{words.stayOnDevice}
			</label>
			{failure !== undefined && <Notice kind="failure">{messageOf(failure)}</Notice>}
			<button type="submit" class="button primary" disabled={key.trim() === '' || busy}>
				{words.signIn}
			</button>
		</form>
	)
}

class InvalidKey extends Error {}

function messageOf(failure: unknown): string {
	if (failure instanceof InvalidKey || isKeyRefused(failure)) return text.value.keyRefused
	return failure instanceof ServerError ? text.value.serverWords(failure.message) : text.value.serverNotReached
}
