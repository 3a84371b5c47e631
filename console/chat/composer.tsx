// Where a person writes. It grows with the text, stores a draft, and sends with Enter. While an answer streams, Send is Stop.

import { ArrowUp, Square } from 'lucide'
import { useEffect, useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { Chat } from '../state/chat.ts'
import { model } from '../state/models.ts'
import { textQuestion } from '../state/turn-tree.ts'
import { isSendKey } from './send-key.ts'

export const composerId = 'message'

export function Composer({ chat }: { readonly chat: Chat }) {
	const value = chat.draft.value
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	const answering = chat.isAnswering.value
	const ready = value.trim() !== '' && model.value !== undefined
	useEffect(() => area.current?.focus(), [chat])
	const send = () => {
		if (!ready) return
		// The draft is empty before the question is sent: other tabs' questions then appear here.
		chat.write('')
		chat.ask(textQuestion(value))
	}
	return (
		<form
			class="composer"
			onSubmit={(event) => {
				event.preventDefault()
				send()
			}}
		>
			<textarea
				ref={area}
				id={composerId}
				rows={1}
				value={value}
				aria-label={words.message}
				placeholder={chat.path.value.length === 0 ? words.askSomething : words.askFollowUp}
				autocomplete="off"
				onInput={(event) => chat.write(event.currentTarget.value)}
				onKeyDown={(event) => {
					if (!isSendKey(event)) return
					event.preventDefault()
					send()
				}}
			/>
			<div class="row">
				<span class="space" />
				{answering && value.trim() !== '' && <span class="hint">{words.enterQueues}</span>}
				{answering ? (
					<button
						type="button"
						class="send"
						aria-label={words.stop}
						title={words.stop}
						onClick={() => stop(chat, area.current)}
					>
						<Icon node={Square} />
					</button>
				) : (
					<button type="submit" class="send" aria-label={words.send} title={words.send} disabled={!ready}>
						<Icon node={ArrowUp} />
					</button>
				)}
			</div>
		</form>
	)
}

function stop(chat: Chat, area: HTMLTextAreaElement | null): void {
	void chat.stop()
	area?.focus()
}
