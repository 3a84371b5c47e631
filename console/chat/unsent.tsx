// A question that the server has not accepted yet: why, until when, and what the person can do.

import type { ComponentChildren } from 'preact'
import { formatCountdown, formatNumber, text } from '../languages/languages.ts'
import { Notice, Sentences } from '../parts/notice.tsx'
import type { UnsentReason } from '../state/answer-state.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { online } from '../state/connection.ts'
import type { PageTurn } from '../state/turn-tree.ts'

export interface UnsentProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly reason: UnsentReason
}

export function Unsent({ chat, turn, reason }: UnsentProps) {
	const words = text.value
	const actions: ComponentChildren = (
		<>
			{reason.type !== 'offline' && chat.delivers(turn) && (
				<button type="button" class="button small" onClick={() => chat.sendNow(turn)}>
					{words.tryAgain}
				</button>
			)}
			<button type="button" class="button small" onClick={() => chat.withdraw(turn)}>
				{words.doNotSend}
			</button>
		</>
	)
	const isLimit = reason.type === 'limit' || reason.type === 'overloaded'
	return (
		<Notice kind={isLimit ? 'limit' : 'plain'} actions={actions}>
			<Sentence reason={reason} />
		</Notice>
	)
}

function Sentence({ reason }: { readonly reason: UnsentReason }) {
	const words = text.value
	// Renders the countdown.
	useSeconds(0, reason.type === 'offline' || reason.type === 'unreachable')
	switch (reason.type) {
		case 'offline':
			return <Sentences of={words.sentWhenOnline} />
		case 'unreachable':
			return <Sentences of={online.value ? words.notReached : words.sentWhenOnline} />
		case 'limit':
			return <Sentences of={words.rateLimited(formatCountdown(reason.untilMs - Date.now()))} />
		case 'overloaded':
			return (
				<Sentences of={words.overloaded(formatNumber(Math.max(0, Math.ceil((reason.untilMs - Date.now()) / 1000))))} />
			)
	}
	reason satisfies never
}
