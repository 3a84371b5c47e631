// One key of the list, and the button that revokes it.

import type { KeySummary } from '../api/keys.ts'
import { text } from '../languages/all-sentences.ts'
import { formatDate, formatDay } from '../languages/languages.ts'
import { prefixOf } from './key-tree.ts'

export interface KeyRowProps {
	readonly item: KeySummary
	/** Whether the person is signed in with it. */
	readonly isSession: boolean
	readonly onRevoke: () => void
}

export function KeyRow({ item, isSession, onRevoke }: KeyRowProps) {
	const words = text.value
	const facts = [words.keyCreated(formatDate(item.created * 1000)), ...lastUse(item), expiry(item)]
	return (
		<li>
			<div>
				<b>{item.name}</b>
				<code>{`${prefixOf(item)}…`}</code>
				{isSession && <span class="tag">{words.signedInWithIt}</span>}
			</div>
			<p class={`muted ${item.status === 'expired' ? 'ended' : ''}`}>{facts.join(' · ')}</p>
			<button type="button" class="button small" aria-label={words.revokeKey(item.name)} onClick={onRevoke}>
				{words.revoke}
			</button>
		</li>
	)
}

/** Nothing if the server does not record usage. */
function lastUse({ last_used_on: day }: KeySummary): readonly string[] {
	const words = text.value
	if (day === undefined) return []
	return [day === null ? words.keyNeverUsed : words.keyLastUsed(formatDay(day, Date.now()))]
}

function expiry({ expires, status }: KeySummary): string {
	const words = text.value
	if (expires === null) return words.keyNeverExpires
	const date = formatDate(expires * 1000)
	return status === 'expired' ? words.keyExpired(date) : words.keyExpires(date)
}
