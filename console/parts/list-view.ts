// Which rows of a long list are in the document: those in view and some around them. All rows have the same height; what is
// between them, such as labels, is the list's.

import { useLayoutEffect, useState } from 'preact/hooks'

/** Rows above and below the view that exist as well. */
const spareRows = 12

/** In pixels. */
export interface ListView {
	readonly top: number
	readonly height: number
	/** Height of a row. */
	readonly row: number
}

/**
 * What of the list is in view, in steps of some rows.
 *
 * @param box the element that scrolls.
 * @param rowHeight as in the style sheet.
 */
export function useListView(box: { readonly current: HTMLElement | null }, rowHeight: () => number): ListView {
	const [view, setView] = useState<ListView>({ top: 0, height: innerHeight, row: rowHeight() })
	useLayoutEffect(() => {
		const element = box.current
		if (element === null) return undefined
		const look = () => {
			const row = rowHeight()
			const step = row * (spareRows / 2)
			const next = { top: Math.floor(element.scrollTop / step) * step, height: element.clientHeight + step, row }
			setView((before) =>
				before.top === next.top && before.height === next.height && before.row === next.row ? before : next,
			)
		}
		const observer = new ResizeObserver(look)
		observer.observe(element)
		element.addEventListener('scroll', look, { passive: true })
		return () => {
			observer.disconnect()
			element.removeEventListener('scroll', look)
		}
	}, [box.current])
	return view
}

/**
 * The rows of a section that are in the document.
 *
 * @param first distance of the section's first row from the start of the list, in pixels.
 */
export function rowsInView({ top, height, row }: ListView, first: number, count: number): { from: number; to: number } {
	const clamp = (at: number) => Math.max(0, Math.min(count, at))
	return {
		from: clamp(Math.floor((top - first) / row) - spareRows),
		to: clamp(Math.ceil((top + height - first) / row) + spareRows),
	}
}
