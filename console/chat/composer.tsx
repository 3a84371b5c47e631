// Where a person writes. It grows with the text, stores a draft, and sends with Enter. While an answer streams, Send is Stop.

import { ArrowUp, Square, X } from 'lucide'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { attachmentBounds } from '../attachments/attachment.ts'
import type { AttachmentChipsProps } from '../attachments/attachment-chips.tsx'
import { useFileDrop } from '../attachments/file-drop.ts'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { loaded } from '../parts/loaded.tsx'
import type { Chat } from '../state/chat.ts'
import { model, models } from '../state/models.ts'
import type { Question } from '../state/turn-tree.ts'
import { ComposerTools } from './composer-tools.tsx'
import { ContextMeter } from './context-meter.tsx'
import { isSendKey } from './send-key.ts'

const AttachmentChips = loaded(
	async () => (await import('../attachments/attachment-chips.tsx')).AttachmentChips,
	undefined,
	AttachmentNames,
)

export const composerId = 'message'

/** What the composer needs of a conversation. */
export interface ComposedChat extends Pick<Chat, 'id' | 'isAnswering' | 'path' | 'options' | 'draft' | 'stop'> {
	/** Resolves when a reload cannot lose the question any more. */
	ask(question: Question): Promise<void>
	/** Whether questions wait for an answer in progress, and are sent after it. */
	readonly queues: boolean
	/** Whether the stored turns have been read. */
	readonly isLoaded: boolean
}

export interface ComposerProps {
	readonly chat: ComposedChat
	/** Instead of the usual invitation. */
	readonly placeholder?: string | undefined
	/** At the end of the row. */
	readonly hint?: string | undefined
	/** The models that answer, by their names, if not the chosen one. */
	readonly models?: readonly string[] | undefined
}

export function Composer({ chat, placeholder, hint, models: names }: ComposerProps) {
	const { draft } = chat
	const { attachments } = draft
	const value = draft.text.value
	const area = useRef<HTMLTextAreaElement>(null)
	const words = text.value
	const answering = chat.isAnswering.value
	const filled = value.trim() !== '' || !attachments.isEmpty
	const canAsk = chat.queues || !answering
	const ready = filled && !attachments.isReading && model.value !== undefined && canAsk && chat.isLoaded
	const dropping = useFileDrop(useCallback((files) => attachments.addFiles(files), [attachments]))
	useEffect(() => area.current?.focus(), [chat])
	const written = [chat, value, attachments.items.value]
	/** What the person has sent before the models or the conversation were loaded. */
	const [early, setEarly] = useState<readonly unknown[]>()
	const isEarly = early?.every((part, index) => part === written[index]) === true
	const send = () => {
		const isLoading = models.value === undefined || !chat.isLoaded
		setEarly(filled && isLoading && !attachments.isReading ? written : undefined)
		if (!ready) return
		// The draft is empty before the question is sent: other tabs' questions then appear here.
		const question = draft.take()
		void chat.ask(question).then(() => draft.forget())
	}
	useEffect(() => {
		if (isEarly && ready) send()
	}, [isEarly, ready])
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
			{attachments.items.value.length > 0 && <AttachmentChips list={attachments} models={names} />}
			<textarea
				ref={area}
				id={composerId}
				rows={1}
				value={value}
				aria-label={words.message}
				placeholder={placeholder ?? (chat.path.value.length === 0 ? words.askSomething : words.askFollowUp)}
				autocomplete="off"
				onPaste={paste}
				onInput={(event) => draft.write(event.currentTarget.value)}
				onKeyDown={(event) => {
					if (!isSendKey(event)) return
					event.preventDefault()
					send()
				}}
			/>
			<div class="row">
				<ComposerTools chat={chat} attachments={attachments} />
				<span class="space" />
				{hint !== undefined && <span class="hint votes">{hint}</span>}
				{answering && filled && chat.queues && <span class="hint">{words.enterQueues}</span>}
				<ContextMeter chat={chat} attachments={attachments} draft={value} models={names} />
				{/* Two elements: a button that becomes a submit button during its click would send what it takes back. */}
				{answering ? (
					<button
						key="stop"
						type="button"
						class="send"
						aria-label={words.stop}
						title={words.stop}
						onClick={() => stop(chat, area.current)}
					>
						<Icon node={Square} />
					</button>
				) : (
					<button key="send" type="submit" class="send" aria-label={words.send} title={words.send} disabled={!ready}>
						<Icon node={ArrowUp} />
					</button>
				)}
			</div>
		</form>
	)
}

/** The attachments without their facts. */
function AttachmentNames({ list }: AttachmentChipsProps) {
	const words = text.value
	return (
		<ul class="attachments" aria-label={words.attachments}>
			{list.items.value.map(({ id, name }) => (
				<li key={id} class="attachment">
					<span />
					<b title={name}>{name}</b>
					<IconButton small node={X} label={words.removeAttachment(name)} onClick={() => list.remove(id)} />
				</li>
			))}
		</ul>
	)
}

function stop(chat: ComposedChat, area: HTMLTextAreaElement | null): void {
	void chat.stop()
	area?.focus()
}
