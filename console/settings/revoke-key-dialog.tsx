// Confirms that a key is revoked, which cannot be undone, and names what ends with it.

import { useState } from 'preact/hooks'
import { type KeySummary, revokeKey } from '../api/keys.ts'
import { ServerError } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { explain } from '../parts/attempt.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'

export interface RevokeKeyDialogProps {
	readonly item: KeySummary
	/** The number of valid keys that end with it. */
	readonly others: number
	/** Whether the person is signed in with a key that ends. */
	readonly endsSession: boolean
	readonly onClose: () => void
	/** @param others the number of keys that ended with it. */
	readonly onRevoked: (others: number) => void
}

export function RevokeKeyDialog({ item, others, endsSession, onClose, onRevoked }: RevokeKeyDialogProps) {
	const words = text.value
	const [busy, setBusy] = useState(false)
	const [failure, setFailure] = useState<unknown>()
	const revoke = async () => {
		setBusy(true)
		try {
			onRevoked(await revokeKey(item.id))
		} catch (reason) {
			// Another client has revoked it.
			if (reason instanceof ServerError && reason.status === 404) return onRevoked(0)
			setFailure(reason)
			setBusy(false)
		}
	}
	return (
		<Dialog title={words.revokeTitle(item.name)} onClose={onClose}>
			<p>
				{words.revokeConsequence}
				{others > 0 && ` ${words.revokeOthers(others)}`}
				{endsSession && ` ${words.revokeSession}`}
			</p>
			{failure !== undefined && <Notice kind="failure">{explain(failure)}</Notice>}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.cancel}
				</button>
				<button type="button" class="button danger" disabled={busy} onClick={() => void revoke()}>
					{words.revoke}
				</button>
			</div>
		</Dialog>
	)
}
