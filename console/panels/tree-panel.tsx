// The branches of the conversation as a tree: one line for each turn, the branch that is shown in the accent colour.

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { SidePanel } from '../parts/side-panel.tsx'
import type { Chat } from '../state/chat.ts'
import { linesOf, type TreeLine } from '../state/tree-lines.ts'
import { nameOf } from '../state/turn-tree.ts'

/** Lines in the document: those of a long conversation before and after them are reached with the arrow keys. */
const shownLines = 300

export function TreePanel({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const list = useRef<HTMLDivElement>(null)
	const lines = linesOf(chat.tree.value)
	const path = new Set(chat.path.value.map(({ id }) => id))
	const leaf = chat.path.value.at(-1)?.id
	const [active, setActive] = useState(leaf)
	const found = lines.findIndex(({ turn }) => turn.id === active)
	const index = found === -1 ? lines.findIndex(({ turn }) => turn.id === leaf) : found
	const from = Math.max(0, Math.min(index - shownLines / 2, lines.length - shownLines))
	useLayoutEffect(() => focusLine(list.current), [active])
	const move = (to: number) => {
		const line = lines[Math.max(0, Math.min(to, lines.length - 1))]
		setActive(line?.turn.id)
	}
	return (
		<SidePanel title={words.tree}>
			{lines.length === 0 ? (
				<p class="muted">{words.treeEmpty}</p>
			) : (
				<div
					ref={list}
					role="tree"
					aria-label={words.tree}
					onKeyDown={(event) => {
						const next = nextLine(event.key, lines, index)
						if (next === undefined) return
						event.preventDefault()
						event.stopPropagation()
						move(next)
					}}
				>
					{lines.slice(from, from + shownLines).map(({ turn, level, position, size }, offset) => (
						<div
							key={turn.id}
							role="treeitem"
							class={path.has(turn.id) ? 'on-path' : ''}
							aria-level={level}
							aria-posinset={position}
							aria-setsize={size}
							aria-selected={turn.id === leaf}
							aria-current={path.has(turn.id) ? 'true' : undefined}
							tabIndex={from + offset === index ? 0 : -1}
							style={{ paddingInlineStart: `${8 + Math.min(level - 1, 10) * 16}px` }}
							onClick={() => {
								setActive(turn.id)
								chat.show(turn)
							}}
							onKeyDown={(event) => {
								if (event.key !== 'Enter' && event.key !== ' ') return
								event.preventDefault()
								chat.show(turn)
							}}
						>
							{turn.continues === undefined ? nameOf(turn.question).slice(0, 80) : words.treeContinued}
						</div>
					))}
				</div>
			)}
		</SidePanel>
	)
}

function focusLine(list: HTMLElement | null): void {
	const line = list?.querySelector<HTMLElement>('[tabindex="0"]')
	line?.focus({ preventScroll: true })
	line?.scrollIntoView({ block: 'nearest' })
}

/** Where a key of the tree pattern leads: up and down by lines, left to the fork above, right to its first branch. */
function nextLine(key: string, lines: readonly TreeLine[], index: number): number | undefined {
	const level = lines[index]?.level ?? 1
	switch (key) {
		case 'ArrowDown':
			return index + 1
		case 'ArrowUp':
			return index - 1
		case 'Home':
			return 0
		case 'End':
			return lines.length - 1
		case 'ArrowLeft':
			return lines.slice(0, index).findLastIndex((line) => line.level < level)
		case 'ArrowRight':
			return (lines[index + 1]?.level ?? 0) > level ? index + 1 : index
		default:
			return undefined
	}
}
