// Where a person writes. It grows with the text, stores a draft, and sends with Enter. While an answer streams, Send is Stop.

import { ArrowUp, Square } from 'lucide'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { attachmentBounds } from '../attachments/attachment.ts'
import { AttachmentChips } from '../attachments/attachment-chips.tsx'
import { AttachmentList } from '../attachments/attachment-list.ts'
import { useFileDrop } from '../attachments/file-drop.ts'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { Chat } from '../state/chat.ts'
import { readDraft, writeDraft } from '../state/drafts.ts'
import { model } from '../state/models.ts'
import type { Question } from '../state/turn-tree.ts'
import { ComposerTools } from './composer-tools.tsx'
import { ContextMeter } from './context-meter.tsx'

export const composerId = 'message'

/** What the composer needs of a conversation. */
export interface ComposedChat extends Pick<Chat, 'id' | 'isAnswering' | 'path' | 'options' | 'stop'> {
	/** A promise that rejects means that nothing was sent. */
	ask(question: Question): void | Promise<void>
}

export interface ComposerProps {
	readonly chat: ComposedChat
	/** Instead of the usual invitation. */
	readonly placeholder?: string | undefined
	/** At the end of the row. */
	readonly hint?: string | undefined
}

export function Composer({ chat, placeholder, hint }: ComposerProps) {
	const id = chat.id.value
	const [value, setValue] = useState(() => readDraft(id))
	const attachments = useMemo(() => new AttachmentList(), [])
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	const answering = chat.isAnswering.value
	const filled = value.trim() !== '' || !attachments.isEmpty
	const ready = filled && !attachments.isReading && model.value !== undefined && !answering
	const dropping = useFileDrop(useCallback((files) => attachments.addFiles(files), [attachments]))
	useEffect(() => area.current?.focus(), [chat])
	const change = (next: string) => {
		setValue(next)
		writeDraft(id, next)
	}
	const send = () => {
		if (!ready) return
		void Promise.resolve(chat.ask(attachments.question(value))).catch(() => change(value))
		change('')
		attachments.clear()
	}
	const paste = (event: ClipboardEvent) => {
		const files = [...(event.clipboardData?.files ?? [])]
		const pasted = event.clipboardData?.getData('text/plain') ?? ''
		if (files.length > 0) attachments.addFiles(files)
		else if (pasted.length > attachmentBounds.pastedCharacters) attachments.addText(words.pastedText, pasted)
		else return
		event.preventDefault()
	}
	return (
		<form
			class={`composer ${dropping ? 'dropping' : ''}`}
			onSubmit={(event) => {
				event.preventDefault()
				send()
			}}
		>
			{dropping && <p class="drop-hint">{words.dropFiles}</p>}
			<AttachmentChips list={attachments} />
			<textarea
				ref={area}
				id={composerId}
				rows={1}
				value={value}
				aria-label={words.message}
				placeholder={placeholder ?? (chat.path.value.length === 0 ? words.askSomething : words.askFollowUp)}
				autocomplete="off"
				onPaste={paste}
				onInput={(event) => change(event.currentTarget.value)}
				onKeyDown={(event) => {
					if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
					event.preventDefault()
					send()
				}}
			/>
			<div class="row">
				<ComposerTools chat={chat} attachments={attachments} />
				<span class="space" />
				{hint !== undefined && <span class="hint">{hint}</span>}
				<ContextMeter chat={chat} attachments={attachments} draft={value} />
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

function stop(chat: ComposedChat, area: HTMLTextAreaElement | null): void {
	void chat.stop()
	area?.focus()
}
