// One conversation of the list, with its menu.

import { Download, Ellipsis, Pencil, Pin, PinOff, Trash2 } from 'lucide'
import { useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { Popover } from '../parts/popover.tsx'
import { showToast } from '../parts/toast.tsx'
import { pinConversation, running } from '../state/conversation-list.ts'
import { addressOf, route } from '../state/route.ts'
import { isComparison } from '../state/votes.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { exportAs } from './export-conversation.ts'
import { RenameDialog } from './rename-dialog.tsx'

export function ConversationRow({ item }: { readonly item: ConversationSummary }) {
	const [dialog, setDialog] = useState<'rename' | 'delete'>()
	const words = text.value
	const shown = route.value
	const name = isComparison(item.metadata) ? 'compare' : 'conversation'
	const current = (shown.name === 'conversation' || shown.name === 'compare') && shown.id === item.id
	const pinned = item.metadata.pinned !== undefined
	const title = item.title ?? words.untitled
	return (
		<li class={`conversation ${current ? 'current' : ''}`}>
			<a href={addressOf({ name, id: item.id })} aria-current={current ? 'page' : undefined} title={title}>
				{pinned && <Icon node={Pin} />}
				<span>{title}</span>
				{running.value.has(item.id) && <span class="dot" title={words.answerInProgress} />}
			</a>
			<Popover
				label={words.more}
				align="end"
				button={(attributes) => <IconButton small node={Ellipsis} label={words.more} {...attributes} />}
			>
				{(close) => {
					const entry = (node: typeof Pin, label: string, run: () => void, danger = false) => (
						<button
							type="button"
							role="menuitem"
							class={`menu-item ${danger ? 'danger' : ''}`}
							onClick={() => {
								close()
								run()
							}}
						>
							<Icon node={node} />
							{label}
						</button>
					)
					return (
						<>
							{entry(Pencil, words.rename, () => setDialog('rename'))}
							{entry(pinned ? PinOff : Pin, pinned ? words.unpin : words.pin, () =>
								attempt(pinConversation(item, !pinned)),
							)}
							{entry(Download, words.exportMarkdown, () => attempt(exportAs(item, 'markdown')))}
							{entry(Download, words.exportJson, () => attempt(exportAs(item, 'json')))}
							{entry(Trash2, words.delete, () => setDialog('delete'), true)}
						</>
					)
				}}
			</Popover>
			{dialog === 'rename' && <RenameDialog item={item} onClose={() => setDialog(undefined)} />}
			{dialog === 'delete' && <DeleteDialog item={item} onClose={() => setDialog(undefined)} />}
		</li>
	)
}

function attempt(action: Promise<void>): void {
	void action.catch((failure: unknown) =>
		showToast({ text: failure instanceof Error ? failure.message : String(failure) }),
	)
}
