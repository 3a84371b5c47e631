// Shows another branch without moving the switcher on the screen, and with the focus where it was.

import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { keepPositionEvent } from './talk-events.ts'

/** How far and how long a branch that is shown slides, in pixels and milliseconds. */
const [slidePixels, slideMs] = [8, 180]

/** Shows `next` instead of its sibling `turn`. */
export function showBranch(chat: Chat, turn: PageTurn, next: PageTurn): void {
	const siblings = chat.tree.value.siblings(turn)
	const direction = Math.sign(siblings.indexOf(next) - siblings.indexOf(turn))
	const before = switcherOf(turn)?.getBoundingClientRect().top
	const focused = document.activeElement
	const label = switcherOf(turn)?.contains(focused) === true ? focused?.getAttribute('aria-label') : undefined
	switcherOf(turn)?.closest('.talk')?.dispatchEvent(new Event(keepPositionEvent))
	chat.show(next)
	// The elements change before the next frame, and this correction is part of it.
	requestAnimationFrame(() => {
		const switcher = switcherOf(next)
		const view = switcher?.closest('.talk')
		if (switcher === null || switcher === undefined || view === null || view === undefined) return
		if (before !== undefined) keepTop(view, switcher, before)
		slide(switcher, direction)
		if (typeof label === 'string')
			switcher.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)?.focus({ preventScroll: true })
	})
}

/** Scrolls so that the switcher is where it was; a branch that is too short for that gets empty space below. */
function keepTop(view: Element, switcher: HTMLElement, top: number): void {
	const content = view.querySelector<HTMLElement>('.talk-content')
	if (content !== null) content.style.minHeight = ''
	view.scrollTop += switcher.getBoundingClientRect().top - top
	const missing = switcher.getBoundingClientRect().top - top
	if (content === null || missing < 1) return
	const { paddingTop, paddingBottom } = getComputedStyle(view)
	const room = view.clientHeight - Number.parseFloat(paddingTop) - Number.parseFloat(paddingBottom)
	const below = Math.max(0, room - content.offsetHeight)
	content.style.minHeight = `${content.offsetHeight + below + missing}px`
	view.scrollTop += missing
}

/** The answer comes from the side of its branch; the switcher does not move. */
function slide(switcher: HTMLElement, direction: number): void {
	if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
	const start = { opacity: 0, transform: `translateX(${direction * slidePixels}px)` }
	for (const text of switcher.closest('.turn')?.querySelectorAll('.markdown') ?? [])
		text.animate([start, {}], { duration: slideMs, easing: 'cubic-bezier(0.2, 0, 0, 1)' })
}

const switcherOf = ({ id }: PageTurn): HTMLElement | null =>
	document.querySelector(`[data-switcher="${CSS.escape(id)}"]`)
