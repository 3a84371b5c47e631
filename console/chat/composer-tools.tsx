// The row below the text that a person writes: attach, parameters.

import { Paperclip, SlidersHorizontal } from 'lucide'
import { useRef } from 'preact/hooks'
import type { AttachmentList } from '../attachments/attachment-list.ts'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import type { Chat } from '../state/chat.ts'
import { isDefault } from '../state/request-options.ts'
import { sidePanel, togglePanel } from '../state/side-panel.ts'

export interface ComposerToolsProps {
	readonly chat: Pick<Chat, 'options'>
	readonly attachments: AttachmentList
}

export function ComposerTools({ chat, attachments }: ComposerToolsProps) {
	const input = useRef<HTMLInputElement>(null)
	const words = text.value
	const changed = !isDefault(chat.options.value.value)
	return (
		<>
			<input
				ref={input}
				type="file"
				multiple
				hidden
				aria-label={words.attach}
				onChange={({ currentTarget }) => {
					attachments.addFiles([...(currentTarget.files ?? [])])
					// The same file can be chosen again after it was removed.
					currentTarget.value = ''
				}}
			/>
			<IconButton node={Paperclip} label={words.attach} onClick={() => input.current?.click()} />
			<IconButton
				node={SlidersHorizontal}
				class={changed ? 'changed' : ''}
				label={changed ? words.parametersChanged : words.parameters}
				shortcut="Ctrl ."
				aria-expanded={sidePanel.value === 'parameters'}
				onClick={() => togglePanel('parameters')}
			/>
		</>
	)
}
