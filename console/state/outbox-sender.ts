// Sends the questions of the outbox whose conversation is not on screen: those that an earlier visit could not send.

import { deliverQuestion } from './deliver-question.ts'
import { storeDraft } from './draft.ts'
import { readDraft } from './drafts.ts'
import { ifFreeSoon, type OutboxEntry, outboxOf, readOutbox, removeEntry } from './outbox.ts'
import type { Route } from './route.ts'

export function sendOutbox(shown: Route): void {
	const ids = new Set(onScreen(shown).map(({ clientId }) => clientId))
	for (const { clientId } of readOutbox()) if (!ids.has(clientId)) void ifFreeSoon(clientId, sendEntry)
}

/** The questions that the screen sends itself. */
function onScreen(shown: Route): readonly OutboxEntry[] {
	switch (shown.name) {
		case 'conversation':
			return outboxOf(shown.id)
		case 'compare':
			return shown.id === undefined ? [] : outboxOf(shown.id).filter(({ column }) => column !== undefined)
		case 'new':
			return outboxOf(undefined).slice(0, 1)
		case 'share':
		case 'console':
		case 'settings':
			return []
	}
	shown satisfies never
}

/** Sends a question of a conversation that is not on screen. */
export async function sendEntry(entry: OutboxEntry | undefined): Promise<void> {
	if (entry === undefined || entry.failure !== undefined) return
	const { clientId } = entry
	try {
		await deliverQuestion(entry, {
			signal: new AbortController().signal,
			hurry: () => new AbortController().signal,
			onSending: () => undefined,
			onUnsent: () => undefined,
		})
		removeEntry(clientId)
	} catch {
		// Refused: the person decides when they open the conversation again. One that does not exist any more has a draft.
		if (entry.conversation === undefined && readDraft(undefined) === '') {
			removeEntry(clientId)
			storeDraft(undefined, entry.question)
		}
	}
}
