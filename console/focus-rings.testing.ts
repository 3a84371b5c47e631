// Whether the ring around each element that can have the focus is seen: a box around it that cuts its content cuts the ring, too.

import type { Page } from 'playwright-core'

/** Elements whose ring is cut, as lines `side in box: element`; the focus returns to where it was. */
export const cutRings = (page: Page): Promise<readonly string[]> =>
	page.evaluate(() => {
		const focusable = 'a[href], button:not(:disabled), input, textarea, select, summary, [tabindex="0"]'
		// These have a mark of another form, or their ring is around an element beside them.
		const others = '.segmented input, .panel-edge, .composer textarea, .palette input, [hidden]'
		const before = document.activeElement
		const cut: string[] = []
		for (const element of document.querySelectorAll<HTMLElement>(focusable)) {
			if (element.matches(others) || !element.checkVisibility({ visibilityProperty: true })) continue
			element.focus()
			if (document.activeElement !== element) continue
			const { outlineOffset, outlineWidth, outlineStyle } = getComputedStyle(element)
			// The pointer was used last: the ring is not shown.
			if (outlineStyle === 'none') continue
			const reach = Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth) - 0.5
			const { left, right, top, bottom } = element.getBoundingClientRect()
			for (let box = element.parentElement; box !== null && box !== document.body; box = box.parentElement) {
				const style = getComputedStyle(box)
				if (style.overflowX === 'visible' && style.overflowY === 'visible') continue
				const outer = box.getBoundingClientRect()
				const [x, y] = [outer.left + box.clientLeft, outer.top + box.clientTop]
				const sides = [
					left - reach < x && 'left',
					right + reach > x + box.clientWidth && 'right',
					top - reach < y && 'top',
					bottom + reach > y + box.clientHeight && 'bottom',
				].filter((side) => side !== false)
				if (sides.length > 0) cut.push(`${sides.join()} in ${box.className}: ${element.outerHTML.slice(0, 120)}`)
				if (sides.length > 0 || style.position === 'fixed' || box.matches('dialog, :popover-open')) break
			}
		}
		if (before instanceof HTMLElement) before.focus()
		return cut
	})
