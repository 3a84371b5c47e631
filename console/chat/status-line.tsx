// One line above the composer about the connection, about other tabs, or about the model.

import { Columns2, type IconNode, RefreshCw, WifiOff } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Notice } from '../parts/notice.tsx'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { online, reached } from '../state/connection.ts'
import { model } from '../state/models.ts'

/** How long the page says that the connection is back, in milliseconds. */
const resumedMs = 4000

export function StatusLine({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const answers = chat.path.value.map(({ answer }) => answer)
	const lost = answers.map(({ state }) => state.value).find(({ type }) => type === 'detached' || type === 'catching-up')
	const sinceMs = lost !== undefined && 'sinceMs' in lost ? lost.sinceMs : undefined
	// Most losses are shorter than a second and not worth a sentence.
	const seconds = useSeconds(sinceMs ?? 0, sinceMs === undefined)
	const resumed = useRecent(Math.max(0, ...answers.map(({ resumedAtMs }) => resumedAtMs.value ?? 0)))
	const connection =
		sinceMs !== undefined && seconds >= 1
			? words.reconnecting
			: resumed
				? words.reconnected
				: !online.value
					? words.offline
					: reached.value
						? undefined
						: words.serverNotReached
	return (
		<>
			<div class="status-line" role="status">
				{connection === undefined ? (
					capitalized(model.value?.note)
				) : (
					<Notice isSilent kind={connection === words.reconnected ? 'done' : 'plain'} node={iconOf(connection)}>
						{connection}
					</Notice>
				)}
			</div>
			<AskedElsewhere chat={chat} />
		</>
	)
}

/** That of its kind where undefined. */
function iconOf(connection: string): IconNode | undefined {
	switch (connection) {
		case text.value.reconnected:
			return undefined
		case text.value.reconnecting:
			return RefreshCw
		default:
			return WifiOff
	}
}

/** The server's notes are fragments for its log. */
const capitalized = (note = '') => note.charAt(0).toUpperCase() + note.slice(1)

/** The conversation has a new turn from another tab while this one has a text of its own. */
function AskedElsewhere({ chat }: { readonly chat: Chat }) {
	const elsewhere = chat.askedElsewhere.value
	const words = text.value
	if (elsewhere === undefined) return null
	const turn = chat.tree.value.find(elsewhere.turn)
	return (
		<div class="status-line" role="status">
			<Notice
				isSilent
				kind="plain"
				node={Columns2}
				actions={
					turn !== undefined && (
						<button type="button" class="button small" onClick={() => chat.show(turn)}>
							{words.show}
						</button>
					)
				}
			>
				{elsewhere.type === 'next' ? words.askedElsewhere : words.askedElsewhereAsBranch}
			</Notice>
		</div>
	)
}

/** Whether `atMs` is less than four seconds ago. */
function useRecent(atMs: number): boolean {
	const [now, setNow] = useState(Date.now)
	useEffect(() => {
		setNow(Date.now())
		const timer = setTimeout(() => setNow(Date.now()), Math.max(0, atMs + resumedMs - Date.now()))
		return () => clearTimeout(timer)
	}, [atMs])
	return Math.max(now, atMs) < atMs + resumedMs && atMs > 0
}
