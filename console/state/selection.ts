// The conversations that are selected in the sidebar, to move or delete them together.

import { signal } from '@preact/signals'

export interface Selection {
	readonly ids: ReadonlySet<string>
	/** Where a range begins. */
	readonly anchor: string | undefined
}

const none: Selection = { ids: new Set(), anchor: undefined }

export const selection = signal<Selection>(none)

export const clearSelection = (): void => {
	selection.value = none
}

export function toggleSelected(id: string): void {
	const ids = new Set(selection.value.ids)
	if (!ids.delete(id)) ids.add(id)
	selection.value = { ids, anchor: id }
}

/** Adds everything between the anchor, or else `from`, and `id`. @param order the ids in the order of the list. */
export function selectRange(id: string, order: readonly string[], from: string | undefined): void {
	const { ids, anchor = from ?? id } = selection.value
	const [one, other] = [order.indexOf(anchor), order.indexOf(id)]
	const range = one < 0 || other < 0 ? [id] : order.slice(Math.min(one, other), Math.max(one, other) + 1)
	selection.value = { ids: new Set([...ids, ...range]), anchor }
}
