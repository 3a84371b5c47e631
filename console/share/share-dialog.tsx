// Shares the branch that is shown, and revokes shares.

import { useEffect, useState } from 'preact/hooks'
import { type ConversationSummary, exportConversation } from '../api/conversations.ts'
import { createShare, listShares, revokeShare, type Share } from '../api/shares.ts'
import { text } from '../languages/all-sentences.ts'
import { formatTime } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Notice } from '../parts/notice.tsx'
import { shownTurn } from '../sidebar/export-conversation.ts'
import { addressOf } from '../state/route.ts'

export function ShareDialog({ item, onClose }: { readonly item: ConversationSummary; readonly onClose: () => void }) {
	const [shares, setShares] = useState<readonly Share[]>([])
	const [end, setEnd] = useState('')
	const [files, setFiles] = useState(false)
	const [failure, setFailure] = useState<string>()
	const words = text.value
	const run = (action: () => Promise<unknown>) =>
		action()
			.then(() => listShares(item.id))
			.then(setShares)
			.then(() => setFailure(undefined))
			.catch((reason: unknown) => setFailure(explain(reason)))
	useEffect(() => {
		void run(async () => undefined)
	}, [item.id])
	const share = async () => {
		const message = shownTurn(await exportConversation(item.id))?.last
		const expires_at = end === '' ? undefined : Math.floor(new Date(`${end}T23:59:59`).getTime() / 1000)
		await createShare(item.id, { message, expires_at, files })
	}
	return (
		<Dialog title={words.shareTitle} onClose={onClose}>
			<p>{words.shareSentence}</p>
			<label class="field">
				<span class="label">{words.shareEnd}</span>
				<input class="input" type="date" value={end} onInput={(event) => setEnd(event.currentTarget.value)} />
			</label>
			<label class="share-files">
				<input type="checkbox" checked={files} onChange={(event) => setFiles(event.currentTarget.checked)} />
				{words.shareFiles}
			</label>
			<ul class="share-list">
				{shares.map(({ id, created_at, expires_at }) => (
					<li key={id}>
						<input class="input" readOnly aria-label={words.shareLink} value={addressOf({ name: 'share', id })} />
						<CopyButton label={words.copyLink} content={() => addressOf({ name: 'share', id })} />
						<button type="button" class="button small danger" onClick={() => void run(() => revokeShare(item.id, id))}>
							{words.stopSharing}
						</button>
						<span class="muted">
							{formatTime(created_at * 1000, Date.now())}
							{expires_at !== null && ` – ${formatTime(expires_at * 1000, 0)}`}
						</span>
					</li>
				))}
			</ul>
			{failure !== undefined && <Notice kind="failure">{failure}</Notice>}
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					{words.close}
				</button>
				<button type="button" class="button primary" onClick={() => void run(share)}>
					{words.createLink}
				</button>
			</div>
		</Dialog>
	)
}
