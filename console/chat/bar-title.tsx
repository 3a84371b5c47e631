// The title of a conversation in the top bar, which can be changed there.

import { Pencil } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { TitleField } from '../sidebar/title-field.tsx'
import { conversations } from '../state/conversation-list.ts'

export interface BarTitleProps {
	readonly title: string
	/** The id of the conversation on screen, if it has one. */
	readonly conversation: string | undefined
}

export function BarTitle({ title, conversation }: BarTitleProps) {
	const [renaming, setRenaming] = useState(false)
	const item = conversations.value.items.find(({ id }) => id === conversation)
	if (item !== undefined && renaming) return <TitleField item={item} onClose={() => setRenaming(false)} />
	return (
		<>
			<h1 title={title}>{title}</h1>
			{item !== undefined && (
				<IconButton
					small
					class="only-wide rename"
					node={Pencil}
					label={text.value.rename}
					onClick={() => setRenaming(true)}
				/>
			)}
		</>
	)
}
