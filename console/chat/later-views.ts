// What a chat shows besides its frame and the message box: turns and the starters of a new chat. Its code and styles are half
// of the page's and arrive after the message box, which does not need them.

import { signal } from '@preact/signals'
import { loadConversationStyles } from '../parts/style-sheets.ts'
import { waitForConnection } from '../state/connection.ts'

/** Undefined until their code has arrived. */
export const laterViews = signal<typeof import('./later-views-code.ts')>()

/** Tries again after a lost connection. */
export async function loadLaterViews(until: AbortSignal): Promise<void> {
	for (let attempt = 0; laterViews.value === undefined && !until.aborted; attempt++)
		try {
			const [code] = await Promise.all([import('./later-views-code.ts'), loadConversationStyles()])
			laterViews.value = code
		} catch {
			await waitForConnection(attempt, until)
		}
}
