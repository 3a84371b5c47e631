// The component of a turn, whose code arrives later: it is half of the page's, and an empty conversation does not need it.

import { signal } from '@preact/signals'
import { waitForConnection } from '../state/connection.ts'
import type { TalkRowView } from './talk-row-view.tsx'

/** Undefined until its code has arrived. */
export const rowView = signal<typeof TalkRowView>()

/** Tries again after a lost connection. */
export async function loadRowView(until: AbortSignal): Promise<void> {
	for (let attempt = 0; rowView.value === undefined && !until.aborted; attempt++)
		try {
			rowView.value = (await import('./talk-row-view.tsx')).TalkRowView
		} catch {
			await waitForConnection(attempt, until)
		}
}
