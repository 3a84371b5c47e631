// One conversation of the list, with its menu.

import { Download, Ellipsis, Folder, Pencil, Pin, PinOff, Share, SquareCheck, Tag, Trash2 } from 'lucide'
import { useRef, useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { Icon } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { MenuItem } from '../parts/menu-item.tsx'
import { Popover } from '../parts/popover.tsx'
import { labelConversation } from '../state/conversation-list.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { ready, running } from '../state/ready-answers.ts'
import { addressOf, route } from '../state/route.ts'
import { selection, selectRange, toggleSelected } from '../state/selection.ts'
import { isComparison } from '../state/votes.ts'
import { requestDeletion } from './delete-conversations.ts'
import type { ExportFormat } from './export-conversation.ts'
import { readTags } from './sections.ts'
import { TitleField } from './title-field.tsx'

export interface ConversationRowProps {
	readonly item: ConversationSummary
	/** Levels of folders around it. */
	readonly depth: number
	/** The ids of all conversations of the list, for ranges. */
	readonly order: () => readonly string[]
}

export function ConversationRow({ item, depth, order }: ConversationRowProps) {
	const [renaming, setRenaming] = useState(false)
	const link = useRef<HTMLAnchorElement>(null)
	const words = text.value
	const shown = route.value
	const name = isComparison(item.metadata) ? 'compare' : 'conversation'
	const current = (shown.name === 'conversation' || shown.name === 'compare') && shown.id === item.id
	const pinned = item.metadata.pinned !== undefined
	const title = item.title ?? words.untitled
	const tags = readTags(item.metadata.tags)
	const { ids } = selection.value
	const selected = ids.has(item.id)
	const rename = () => setRenaming(true)
	if (renaming) {
		const close = (byKey: boolean) => {
			setRenaming(false)
			if (byKey) requestAnimationFrame(() => link.current?.focus())
		}
		return (
			<li class="conversation">
				<TitleField item={item} onClose={close} />
			</li>
		)
	}
	return (
		<li class={`conversation depth-${depth} ${current ? 'current' : ''} ${selected ? 'selected' : ''}`}>
			{ids.size > 0 && (
				<input
					type="checkbox"
					checked={selected}
					aria-label={words.selectNamed(title)}
					onChange={() => toggleSelected(item.id)}
				/>
			)}
			<a
				ref={link}
				href={addressOf({ name, id: item.id })}
				aria-current={current ? 'page' : undefined}
				title={tags.length === 0 ? title : `${title} (${tags.join(', ')})`}
				data-conversation={item.id}
				onClick={(event) => {
					if (!event.shiftKey && (ids.size === 0 || event.ctrlKey || event.metaKey)) return
					event.preventDefault()
					if (event.shiftKey) selectRange(item.id, order(), 'id' in shown ? shown.id : undefined)
					else toggleSelected(item.id)
				}}
				onDblClick={rename}
				onKeyDown={(event) => {
					if (event.key === 'F2') rename()
					else if (event.key === 'Delete') requestDeletion([item])
					else return
					event.preventDefault()
				}}
			>
				{pinned && <Icon node={Pin} />}
				<span>{title}</span>
				{tags.length > 0 && <span class="tags">{tags.join(' ')}</span>}
				<AnswerSign id={item.id} />
			</a>
			<Popover
				label={words.more}
				align="end"
				button={(attributes) => <IconButton small node={Ellipsis} label={words.more} {...attributes} />}
			>
				{(close) => {
					const entry = (node: typeof Pin, label: string, run: () => void, danger = false) => (
						<MenuItem node={node} label={label} close={close} run={run} danger={danger} />
					)
					return (
						<>
							{entry(Pencil, words.rename, rename)}
							{entry(
								pinned ? PinOff : Pin,
								pinned ? words.unpin : words.pin,
								() => void attempt(labelConversation(item, 'pinned', pinned ? undefined : 'true')),
							)}
							{entry(Folder, words.moveToFolder, () => {
								libraryDialog.value = { type: 'move', items: [item] }
							})}
							{entry(Tag, words.editTags, () => {
								libraryDialog.value = { type: 'tags', item }
							})}
							{entry(Share, words.share, () => {
								libraryDialog.value = { type: 'share', item }
							})}
							{entry(SquareCheck, words.select, () => toggleSelected(item.id))}
							{entry(Download, words.exportMarkdown, () => void attempt(save(item, 'markdown')))}
							{entry(Download, words.exportJson, () => void attempt(save(item, 'json')))}
							{entry(Trash2, words.delete, () => requestDeletion([item]), true)}
						</>
					)
				}}
			</Popover>
		</li>
	)
}

async function save(item: ConversationSummary, format: ExportFormat): Promise<void> {
	const { exportAs } = await import('./export-conversation.ts')
	await exportAs(item, format)
}

/** A dot while an answer is in progress, a ring when one became ready elsewhere. */
function AnswerSign({ id }: { readonly id: string }) {
	const words = text.value
	const [sign, label] = running.value.has(id)
		? ['dot', words.answerInProgress]
		: ready.value.has(id)
			? ['dot ring', words.answerReady]
			: []
	return sign === undefined ? null : <span class={sign} role="img" aria-label={label} title={label} />
}
