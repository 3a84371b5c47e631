// The list of conversations in sections. Only the rows in view exist, so that thousands stay fluid; further pages load when the
// end comes into view.

import { ChevronDown, ChevronRight, Folder } from 'lucide'
import { useEffect, useRef } from 'preact/hooks'
import { formatMonth, text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import { type ListView, rowsInView, useListView } from '../parts/list-view.ts'
import { loaded } from '../parts/loaded.tsx'
import { conversations, loadMoreConversations } from '../state/conversation-list.ts'
import { listFailure } from '../state/first-load.ts'
import { clearSelection, selectRange } from '../state/selection.ts'
import { openFolders, toggleFolder } from '../state/sidebar.ts'
import { ConversationRow } from './conversation-row.tsx'
import { type FolderRow, type Section, type SidebarRow, sectionsOf } from './sections.ts'

/** Heights in pixels, as in the style sheet. */
const [labelHeight, wideRow, phoneRow] = [36, 32, 44]
const rowHeight = () => (matchMedia('(max-width: 760px)').matches ? phoneRow : wideRow)

export function ConversationList() {
	const { items, complete, loading } = conversations.value
	const words = text.value
	const box = useRef<HTMLDivElement>(null)
	const view = useListView(box, rowHeight)
	const failure = listFailure.value
	if (failure !== undefined)
		return (
			<div ref={box} class="conversations">
				<ListFailure failure={failure} />
			</div>
		)
	if (items.length === 0)
		return (
			<div ref={box} class="conversations">
				{complete && !loading && <p class="no-conversations">{words.noConversations}</p>}
			</div>
		)
	const sections = sectionsOf(items, {
		nowMs: Date.now(),
		openFolders: openFolders.value,
		labels: { ...words, month: formatMonth },
	})
	const order = () => orderOf(sections)
	let top = 0
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: keys move between the links in it
		<div ref={box} class="conversations" onKeyDown={(event) => moveFocus(event, order)}>
			{sections.map((section) => {
				const start = top
				top += labelHeight + section.rows.length * view.row
				return <SectionView key={section.label} section={section} start={start} view={view} order={order} />
			})}
			{!complete && <End key={items.length} />}
		</div>
	)
}

/** Models or conversations could not be read. */
const ListFailure = loaded(async () => (await import('./list-failure.tsx')).ListFailure)

interface SectionViewProps {
	readonly section: Section
	/** Distance from the start of the list, in pixels. */
	readonly start: number
	readonly view: ListView
	readonly order: () => readonly string[]
}

function SectionView({ section: { label, rows }, start, view, order }: SectionViewProps) {
	const first = start + labelHeight
	const { from, to } = rowsInView(view, first, rows.length)
	return (
		<section aria-label={label}>
			<h2 class="group-label">{label}</h2>
			<ul style={{ paddingTop: `${from * view.row}px`, height: `${rows.length * view.row}px` }}>
				{rows.slice(from, to).map((row) => (
					<Row key={keyOf(row)} row={row} order={order} />
				))}
			</ul>
		</section>
	)
}

function Row({ row, order }: { readonly row: SidebarRow; readonly order: () => readonly string[] }) {
	switch (row.type) {
		case 'folder':
			return <FolderView row={row} />
		case 'conversation':
			return <ConversationRow item={row.item} depth={row.depth} order={order} />
	}
	row satisfies never
}

function FolderView({ row: { path, name, depth, count, isOpen } }: { readonly row: FolderRow }) {
	return (
		<li class={`folder depth-${depth}`}>
			<button type="button" aria-expanded={isOpen} title={name} onClick={() => toggleFolder(path)}>
				<Icon node={isOpen ? ChevronDown : depth === 0 ? Folder : ChevronRight} />
				<span>{name}</span>
				<span class="muted">{count}</span>
			</button>
		</li>
	)
}

const keyOf = (row: SidebarRow): string => (row.type === 'folder' ? `folder ${row.path}` : row.item.id)

function orderOf(sections: readonly Section[]): readonly string[] {
	return sections.flatMap(({ rows }) => rows.flatMap((row) => (row.type === 'conversation' ? [row.item.id] : [])))
}

/** Arrow keys move between the rows; with Shift they select, Esc clears the selection. */
function moveFocus(
	event: KeyboardEvent & { readonly currentTarget: HTMLElement },
	order: () => readonly string[],
): void {
	if (event.key === 'Escape') {
		clearSelection()
		return
	}
	if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
	const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-conversation], .folder > button')]
	const at = rows.indexOf(document.activeElement as HTMLElement)
	const next = rows[at + (event.key === 'ArrowDown' ? 1 : -1)]
	if (at < 0 || next === undefined) return
	event.preventDefault()
	const [from, to] = [rows[at]?.dataset.conversation, next.dataset.conversation]
	if (event.shiftKey && to !== undefined) selectRange(to, order(), from)
	next.focus()
}

/** Loads the next page when it comes into view. */
function End() {
	const end = useRef<HTMLDivElement>(null)
	useEffect(() => {
		const observer = new IntersectionObserver(
			([entry]) => {
				if (entry?.isIntersecting === true) void loadMoreConversations().catch(() => undefined)
			},
			{ rootMargin: '600px' },
		)
		if (end.current !== null) observer.observe(end.current)
		return () => observer.disconnect()
	}, [])
	return <div ref={end} class="group-label" aria-hidden="true" />
}
