// The server no longer accepts the key: a dialog over the page, so that what is on screen and the draft remain. A new key
// continues from there.

import { useState } from 'preact/hooks'
import { KeyForm } from './key-form.tsx'
import { text } from './languages/all-sentences.ts'
import { Dialog } from './parts/dialog.tsx'

export function SessionEnded() {
	const [closed, setClosed] = useState(false)
	const words = text.value
	if (closed)
		return (
			<div class="signed-out" role="status">
				{words.keyRevoked}{' '}
				<button type="button" class="button small primary" onClick={() => setClosed(false)}>
					{words.signIn}
				</button>
			</div>
		)
	return (
		<Dialog title={words.keyRevokedTitle} onClose={() => setClosed(true)}>
			<p>{words.keyRevoked}</p>
			<KeyForm>{null}</KeyForm>
			<div class="actions">
				<button type="button" class="button" onClick={() => setClosed(true)}>
					{words.close}
				</button>
			</div>
		</Dialog>
	)
}
