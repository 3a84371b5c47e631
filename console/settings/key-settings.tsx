// The keys of the person: the list, making one, showing it once, and revoking one.

import { Plus } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type KeyPage, type KeySummary, listKeys } from '../api/keys.ts'
import { isAbort } from '../api/server.ts'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { Icon } from '../parts/icon.tsx'
import { Notice } from '../parts/notice.tsx'
import { showToast } from '../parts/toast.tsx'
import { proposedKeyName } from '../state/proposed-key.ts'
import { session, signOut } from '../state/session.ts'
import { KeyRow } from './key-row.tsx'
import { endingWith, isSessionKey } from './key-tree.ts'
import { MadeKey } from './made-key.tsx'
import { NewKeyForm } from './new-key-form.tsx'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'
import { SettingsSection } from './settings-section.tsx'

/** What is open below the list. */
type Making =
	| { readonly type: 'none' }
	| { readonly type: 'form'; readonly name: string }
	| { readonly type: 'made'; readonly key: KeySummary }

export function KeySettings() {
	const words = text.value
	const [page, setPage] = useState<KeyPage>()
	const [failure, setFailure] = useState<unknown>()
	const [reads, setReads] = useState(0)
	const [making, setMaking] = useState<Making>({ type: 'none' })
	const [revoked, setRevoked] = useState<KeySummary>()
	const add = useRef<HTMLButtonElement>(null)
	const { key: sessionKey } = session.value
	useEffect(() => {
		const ending = new AbortController()
		listKeys(ending.signal).then(
			(read) => {
				setPage(read)
				setFailure(undefined)
			},
			(reason: unknown) => {
				if (!isAbort(reason)) setFailure(reason)
			},
		)
		return () => ending.abort()
	}, [reads, sessionKey])
	const proposed = proposedKeyName.value
	useEffect(() => {
		if (proposed === undefined) return
		proposedKeyName.value = undefined
		setMaking({ type: 'form', name: proposed })
	}, [proposed])
	const readAgain = () => setReads((times) => times + 1)
	const close = () => {
		setMaking({ type: 'none' })
		// The button that opened the form appears with the next rendering.
		requestAnimationFrame(() => add.current?.focus())
	}
	const keys = page?.data ?? []
	/** A form stays open, and so does a key that has not ended. */
	const closeEnded = (ended: readonly string[]) => {
		if (making.type === 'none' || (making.type === 'made' && ended.includes(making.key.id))) close()
		// The row that had the focus disappears.
		else requestAnimationFrame(() => document.getElementById('settings-keys-title')?.focus())
	}
	const ends = revoked === undefined ? [] : endingWith(revoked.id, keys)
	const endsSession = revoked !== undefined && [revoked, ...ends].some((key) => isSessionKey(key, sessionKey))
	return (
		<SettingsSection name="keys" title={words.myKeys} help={words.myKeysHelp}>
			{failure !== undefined && (
				<Notice
					kind="failure"
					actions={
						<button type="button" class="button small" onClick={readAgain}>
							{words.tryAgain}
						</button>
					}
				>
					{explain(failure)}
				</Notice>
			)}
			{page !== undefined && keys.length === 0 && <p>{words.noKeys}</p>}
			{keys.length > 0 && (
				<ul class="keys" aria-label={words.myKeys}>
					{keys.map((key) => (
						<KeyRow
							key={key.id}
							item={key}
							isSession={isSessionKey(key, sessionKey)}
							onRevoke={() => setRevoked(key)}
						/>
					))}
				</ul>
			)}
			{page !== undefined && page.total > keys.length && (
				<p class="muted">{words.newestKeys(formatNumber(keys.length), formatNumber(page.total))}</p>
			)}
			{page?.can_create === false && <p>{words.keysNotPermitted}</p>}
			{page?.can_create === true && making.type === 'none' && (
				<button ref={add} type="button" class="button" onClick={() => setMaking({ type: 'form', name: '' })}>
					<Icon node={Plus} />
					{words.newKey}
				</button>
			)}
			{page?.can_create === true && making.type === 'form' && (
				<NewKeyForm
					proposed={making.name}
					onClose={close}
					onMade={(key) => {
						setMaking({ type: 'made', key })
						readAgain()
					}}
				/>
			)}
			{making.type === 'made' && <MadeKey made={making.key} onClose={close} />}
			{revoked !== undefined && (
				<RevokeKeyDialog
					item={revoked}
					others={ends.filter(({ status }) => status === 'active').length}
					endsSession={endsSession}
					onClose={() => setRevoked(undefined)}
					onRevoked={(others) => {
						setRevoked(undefined)
						if (endsSession) return signOut()
						showToast({ text: words.keyRevokedNow(others) })
						readAgain()
						closeEnded([revoked, ...ends].map(({ id }) => id))
					}}
				/>
			)}
		</SettingsSection>
	)
}
