// The row below the text that a person writes: attach, tools, JSON schema, parameters.

import { Braces, Paperclip, SlidersHorizontal, Wrench } from 'lucide'
import { useRef } from 'preact/hooks'
import type { AttachmentList } from '../attachments/attachment-list.ts'
import { FileInput } from '../attachments/file-input.tsx'
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
	const options = chat.options.value.value
	const { tools, schema } = options
	const changed = !isDefault(options)
	return (
		<>
			<FileInput input={input} attachments={attachments} />
			<IconButton node={Paperclip} label={words.attach} onClick={() => input.current?.click()} />
			<IconButton
				node={Wrench}
				class={tools.length > 0 ? 'changed' : ''}
				label={tools.length > 0 ? words.toolsOn(tools.length) : words.tools}
				aria-expanded={sidePanel.value === 'tools'}
				onClick={() => togglePanel('tools')}
			/>
			<IconButton
				node={Braces}
				class={schema === undefined ? '' : 'changed'}
				label={schema === undefined ? words.jsonSchema : words.jsonSchemaOn}
				aria-expanded={sidePanel.value === 'schema'}
				onClick={() => togglePanel('schema')}
			/>
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
