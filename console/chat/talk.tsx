// The turns of the branch that is shown. The view follows a growing answer only while the reader is at its end. Of a long
// conversation only the rows around the view are in the document; what the reader sees does not move when others come or go.

import { ArrowDown } from 'lucide'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { Icon } from '../parts/icon.tsx'
import { Notice } from '../parts/notice.tsx'
import type { Chat } from '../state/chat.ts'
import { firstViewShown } from '../state/first-view.ts'
import { Greeting } from './greeting.tsx'
import { laterViews, loadLaterViews } from './later-views.ts'
import { type RowRange, RowWindow } from './row-window.ts'
import { keepPositionEvent, revealEvent } from './talk-events.ts'
import { rowsOf } from './talk-rows.ts'

/** The reader is at the end within this many pixels. */
const endPixels = 64

export function Talk({ chat }: { readonly chat: Chat }) {
	const view = useRef<HTMLDivElement>(null)
	const content = useRef<HTMLDivElement>(null)
	const atEnd = useRef(true)
	const position = useRef(0)
	const [away, setAway] = useState(false)
	const path = chat.path.value
	const rows = useMemo(() => rowsOf(path), [path])
	const former = useRef<RowWindow>(undefined)
	const rowWindow = useMemo(() => new RowWindow(rows, former.current), [rows])
	former.current = rowWindow
	const [scrolled, setRange] = useState<RowRange>()
	const range = rangeOf(rowWindow, scrolled, rows.length)
	/** A row in view and its position before rows come or go. */
	const anchor = useRef<{ readonly key: string; readonly top: number }>(undefined)

	const toEnd = (behavior: ScrollBehavior = 'instant') => {
		atEnd.current = true
		setAway(false)
		if (content.current !== null) content.current.style.minHeight = ''
		if (!rowWindow.isWhole) setRange(rowWindow.atEnd(view.current?.clientHeight ?? innerHeight))
		view.current?.scrollTo({ top: view.current.scrollHeight, behavior })
	}
	const updateRange = () => {
		const element = view.current
		if (element === null || rowWindow.isWhole) return
		const next = rowWindow.around(element.scrollTop, element.clientHeight)
		if (next.from === range.from && next.to === range.to) return
		anchor.current = firstInView(element)
		setRange(next)
	}
	// Another conversation, and questions of this person, begin at the end.
	const RowView = laterViews.value?.TalkRowView
	useLayoutEffect(toEnd, [chat, chat.asked.value, chat.state.value.type, RowView])
	const isNew = chat.state.value.type === 'new' && path.length === 0
	useEffect(() => {
		const loading = new AbortController()
		void (isNew ? firstViewShown() : Promise.resolve()).then(() => loadLaterViews(loading.signal))
		return () => loading.abort()
	}, [isNew])
	useLayoutEffect(() => {
		const element = view.current
		if (element === null) return
		for (const row of rowElements(element)) rowWindow.measure(row.dataset.row ?? '', row.offsetHeight)
		const { current } = anchor
		anchor.current = undefined
		if (atEnd.current) element.scrollTo({ top: element.scrollHeight, behavior: 'instant' })
		else if (current !== undefined) {
			const row = element.querySelector(`[data-row="${CSS.escape(current.key)}"]`)
			if (row !== null) element.scrollTop += row.getBoundingClientRect().top - current.top
		}
	}, [range.from, range.to, rowWindow, RowView])
	useLayoutEffect(() => {
		const element = view.current
		if (element === null || content.current === null) return undefined
		// The answer and the composer grow, the window changes, pictures load.
		const observer = new ResizeObserver(() => {
			if (atEnd.current) element.scrollTo({ top: element.scrollHeight, behavior: 'instant' })
		})
		observer.observe(element)
		observer.observe(content.current)
		return () => observer.disconnect()
	}, [])
	useEffect(() => {
		const element = view.current
		const reveal = (event: Event) => {
			const index = rows.findIndex(({ turns }) => turns.some(({ id }) => id === (event as CustomEvent).detail))
			if (element === null || index === -1) return
			atEnd.current = false
			setRange(rowWindow.aroundRow(index, element.clientHeight))
		}
		const keepPosition = () => {
			atEnd.current = false
		}
		element?.addEventListener(revealEvent, reveal)
		element?.addEventListener(keepPositionEvent, keepPosition)
		return () => {
			element?.removeEventListener(revealEvent, reveal)
			element?.removeEventListener(keepPositionEvent, keepPosition)
		}
	}, [rows])
	const words = text.value
	const state = chat.state.value
	return (
		<>
			<div
				ref={view}
				class="talk"
				role="log"
				aria-live="off"
				aria-label={words.conversation}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
				tabIndex={0}
				onScroll={({ currentTarget }) => {
					const { scrollTop, scrollHeight, clientHeight } = currentTarget
					// A position that did not move up is not the reader's doing: the text has grown.
					if (scrollHeight - scrollTop - clientHeight <= endPixels) atEnd.current = true
					else if (scrollTop < position.current) atEnd.current = false
					position.current = scrollTop
					setAway(!atEnd.current)
					updateRange()
				}}
			>
				<div ref={content} class="talk-content">
					{state.type === 'loading' && state.failure === undefined && <Skeleton />}
					{state.type === 'loading' && state.failure !== undefined && (
						<Notice kind="failure">{explain(state.failure)}</Notice>
					)}
					{/* The conversation is here, and the code of its turns is not. */}
					{state.type === 'open' && path.length > 0 && RowView === undefined && <Skeleton />}
					{path.length === 0 && state.type !== 'loading' && <Greeting />}
					<Spacer pixels={range.before} />
					{RowView !== undefined &&
						rows.slice(range.from, range.to).map((row, offset) => (
							<div key={row.key} data-row={row.key}>
								<RowView chat={chat} row={row} number={range.from + offset + 1} />
							</div>
						))}
					<Spacer pixels={range.after} />
				</div>
			</div>
			{away && (
				<div class="dock">
					<button
						type="button"
						class="button small to-end"
						onClick={() => toEnd(rowWindow.isWhole ? 'auto' : 'instant')}
					>
						{chat.isAnswering.value ? words.newTextBelow : words.jumpToEnd}
						<Icon node={ArrowDown} />
					</button>
				</div>
			)}
		</>
	)
}

/** In the shape of lines, while a conversation is read. */
function Skeleton() {
	return (
		<div class="skeleton" aria-hidden="true">
			<span />
			<span />
			<span />
		</div>
	)
}

function Spacer({ pixels }: { readonly pixels: number }) {
	return pixels === 0 ? null : <div class="spacer" aria-hidden="true" style={{ height: `${pixels}px` }} />
}

/** The range that the reader has scrolled to, if the rows still have it. */
function rangeOf(rowWindow: RowWindow, scrolled: RowRange | undefined, count: number): RowRange {
	if (rowWindow.isWhole || scrolled === undefined) return rowWindow.atEnd(innerHeight)
	return scrolled.to <= count && scrolled.from < count ? scrolled : rowWindow.atEnd(innerHeight)
}

const rowElements = (view: Element): readonly HTMLElement[] => [...view.querySelectorAll<HTMLElement>('[data-row]')]

function firstInView(view: HTMLElement) {
	const { top, bottom } = view.getBoundingClientRect()
	for (const row of rowElements(view)) {
		const box = row.getBoundingClientRect()
		if (box.bottom > top && box.top < bottom) return { key: row.dataset.row ?? '', top: box.top }
	}
	return undefined
}
