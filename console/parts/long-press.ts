// Recognizes a long press: half a second without movement. The click that the browser sends after it is swallowed.

import { useEffect, useRef } from 'preact/hooks'

/** In milliseconds. */
const longMs = 500
/** In pixels: a finger that moves further scrolls or selects. */
const stillPixels = 10
/** Within this time after a press its click arrives, in milliseconds. */
const clickMs = 300

export interface LongPressHandlers {
	readonly onPointerDown: (event: PointerEvent) => void
	readonly onPointerMove: (event: PointerEvent) => void
	readonly onPointerUp: () => void
	readonly onPointerCancel: () => void
	readonly onContextMenu: (event: Event) => void
	readonly onClickCapture: (event: Event) => void
}

interface Press {
	readonly x: number
	readonly y: number
	readonly target: Element
	readonly timer: ReturnType<typeof setTimeout>
}

/**
 * @param open opens a popover for the element that was pressed. @returns whether it did; otherwise the browser's own menu opens.
 * @param pointers `touch`: presses of a mouse or a pen do nothing.
 */
export function useLongPress(open: (target: Element) => boolean, pointers: 'touch' | 'all' = 'all'): LongPressHandlers {
	const press = useRef<Press>(undefined)
	/** Where the press was that opened a popover, until its click has passed. */
	const opened = useRef<Element>(undefined)
	const act = (target: Element) => {
		press.current = undefined
		opened.current = open(target) ? target : undefined
	}
	/** The browser closes popovers when a press, or its click, ends outside them. */
	const reopen = (target: Element) =>
		setTimeout(() => {
			if (document.querySelector(':popover-open') === null) open(target)
		})
	const cancel = () => {
		if (press.current !== undefined) clearTimeout(press.current.timer)
		press.current = undefined
	}
	useEffect(() => cancel, [])
	return {
		onPointerDown({ clientX: x, clientY: y, pointerType, button, isPrimary, target }) {
			cancel()
			opened.current = undefined
			if (button !== 0 || !isPrimary || !(target instanceof Element)) return
			if (pointers === 'touch' && pointerType !== 'touch') return
			press.current = { x, y, target, timer: setTimeout(act, longMs, target) }
		},
		onPointerMove({ clientX, clientY }) {
			const { x, y } = press.current ?? { x: clientX, y: clientY }
			if (Math.hypot(clientX - x, clientY - y) > stillPixels) cancel()
		},
		onPointerUp() {
			cancel()
			const { current } = opened
			if (current === undefined) return
			reopen(current)
			setTimeout(() => {
				if (opened.current === current) opened.current = undefined
			}, clickMs)
		},
		onPointerCancel: cancel,
		onContextMenu(event) {
			// It comes a little before or after half a second.
			if (press.current !== undefined) {
				const { target } = press.current
				cancel()
				act(target)
			}
			if (opened.current !== undefined) event.preventDefault()
		},
		onClickCapture(event) {
			const { current } = opened
			if (current === undefined || !event.isTrusted) return
			opened.current = undefined
			reopen(current)
			event.preventDefault()
			event.stopPropagation()
		},
	}
}
