// Where a person writes. It grows with the text, stores a draft, and sends with Enter. While an answer streams, Send is Stop.

import { ArrowUp, Square } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { type Chat, textQuestion } from '../state/chat.ts'
import { readDraft, writeDraft } from '../state/drafts.ts'
import { model } from '../state/models.ts'

export const composerId = 'message'

export function Composer({ chat }: { readonly chat: Chat }) {
	const id = chat.id.value
	const [value, setValue] = useState(() => readDraft(id))
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	const answering = chat.isAnswering.value
	const ready = value.trim() !== '' && model.value !== undefined && !answering
	useEffect(() => area.current?.focus(), [chat])
	const change = (next: string) => {
		setValue(next)
		writeDraft(id, next)
	}
	const send = () => {
		if (!ready) return
		chat.ask(textQuestion(value))
		change('')
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
				onInput={(event) => change(event.currentTarget.value)}
				onKeyDown={(event) => {
					if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
					event.preventDefault()
					send()
				}}
			/>
			<div class="row">
				<span class="space" />
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
