// The server no longer accepts the key: a dialog over the page, so that what is on screen and the draft remain.

import { useState } from 'preact/hooks'
import { text } from './languages/languages.ts'
import { Dialog } from './parts/dialog.tsx'
import { signOut } from './state/session.ts'

export function SessionEnded() {
	const [closed, setClosed] = useState(false)
	const words = text.value
	if (closed) return null
	return (
		<Dialog title={words.keyRevokedTitle} onClose={() => setClosed(true)}>
			<p>{words.keyRevoked}</p>
			<div class="actions">
				<button type="button" class="button" onClick={() => setClosed(true)}>
					{words.close}
				</button>
				<button type="button" class="button primary" onClick={signOut}>
					{words.signIn}
				</button>
			</div>
		</Dialog>
	)
}
