// Groups changes, so that the page renders at most once per frame however fast tokens arrive. Hidden pages have no frames:
// they render four times a second.

import { batch, type Signal } from '@preact/signals'

const changed = new Set<Signal<number>>()
let scheduled = false

/** Increments the counter in the next frame, once, together with all others that changed. */
export function schedulePaint(version: Signal<number>): void {
	changed.add(version)
	if (scheduled) return
	scheduled = true
	if (document.hidden) setTimeout(paint, 250)
	else requestAnimationFrame(paint)
}

function paint(): void {
	scheduled = false
	const versions = [...changed]
	changed.clear()
	batch(() => {
		for (const version of versions) version.value++
	})
}
