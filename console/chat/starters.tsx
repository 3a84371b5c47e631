// What a person may begin a new chat with. Each fills the message box, or opens what it names.

import { Code, Columns2, type IconNode, Paperclip, Pencil } from 'lucide'
import { useRef } from 'preact/hooks'
import { FileInput } from '../attachments/file-input.tsx'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { Chat } from '../state/chat.ts'
import { models } from '../state/models.ts'
import { navigate } from '../state/route.ts'
import { togglePanel } from '../state/side-panel.ts'
import { composerId } from './composer.tsx'

export function Starters({ chat: { draft } }: { readonly chat: Chat }) {
	const input = useRef<HTMLInputElement>(null)
	const words = text.value
	const write = (written: string) => {
		draft.write(written)
		document.getElementById(composerId)?.focus()
	}
	return (
		<>
			<FileInput
				input={input}
				attachments={draft.attachments}
				onChosen={() => write(draft.text.value === '' ? words.starterFileText : draft.text.value)}
			/>
			<Starter
				node={Pencil}
				title={words.starterRewrite}
				help={words.starterRewriteHelp}
				// What the person has written already is the paragraph.
				onClick={() => write(words.starterRewriteText + draft.text.value)}
			/>
			<Starter
				node={Paperclip}
				title={words.starterFile}
				help={words.starterFileHelp}
				onClick={() => input.current?.click()}
			/>
			{(models.value?.length ?? 0) > 1 && (
				<Starter
					node={Columns2}
					title={words.starterCompare}
					help={words.starterCompareHelp}
					onClick={() => navigate({ name: 'compare', id: undefined })}
				/>
			)}
			<Starter node={Code} title={words.starterCode} help={words.starterCodeHelp} onClick={() => togglePanel('code')} />
		</>
	)
}

interface StarterProps {
	readonly node: IconNode
	readonly title: string
	readonly help: string
	readonly onClick: () => void
}

function Starter({ node, title, help, onClick }: StarterProps) {
	return (
		<button type="button" class="starter" onClick={onClick}>
			<Icon node={node} />
			<b>{title}</b>
			<span class="muted">{help}</span>
		</button>
	)
}
