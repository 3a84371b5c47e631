// Swipes of a finger on a narrow window: from the left edge to the right they open the sheet of the sidebar, and on the sheet to
// the left they close it.

import { closeSheet, isNarrow, openSheet, sidebarOpen } from '../state/sidebar.ts'

/** A swipe that opens begins within this many pixels of the edge. */
const edgePixels = 24
/** How far a finger moves before it is a swipe. */
const swipePixels = 48

/** Handles swipes until the signal aborts. */
export function listenForSwipes(signal: AbortSignal): void {
	let start: Touch | undefined
	const onStart = ({ touches, target }: TouchEvent) => {
		const [touch] = touches
		start = undefined
		if (touch === undefined || touches.length > 1 || !isNarrow()) return
		if (document.querySelector('dialog[open]') !== null) return
		const inSheet = target instanceof Element && target.closest('.sidebar, .sidebar-shade') !== null
		if (sidebarOpen.value ? inSheet : touch.clientX <= edgePixels) start = touch
	}
	const onMove = ({ touches: [touch] }: TouchEvent) => {
		if (start === undefined || touch === undefined) return
		const across = touch.clientX - start.clientX
		const along = Math.abs(touch.clientY - start.clientY)
		if (along > Math.max(swipePixels, Math.abs(across))) start = undefined
		else if (across > swipePixels && !sidebarOpen.value) end(openSheet)
		else if (across < -swipePixels && sidebarOpen.value) end(closeSheet)
	}
	const end = (act: () => void) => {
		start = undefined
		act()
	}
	window.addEventListener('touchstart', onStart, { passive: true, signal })
	window.addEventListener('touchmove', onMove, { passive: true, signal })
}
