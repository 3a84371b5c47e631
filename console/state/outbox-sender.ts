// Sends the questions of the outbox whose conversation is not on screen: those that an earlier visit could not send.

import { deliverQuestion } from './deliver-question.ts'
import { readDraft, writeDraft } from './drafts.ts'
import { findEntry, outboxOf, readOutbox, removeEntry, unlessSending } from './outbox.ts'
import type { Route } from './route.ts'

export function sendOutbox(shown: Route): void {
	const onScreen = new Set(
		shown.name === 'conversation' ? outboxOf(shown.id) : shown.name === 'new' ? outboxOf(undefined).slice(0, 1) : [],
	)
	const ids = new Set([...onScreen].map(({ clientId }) => clientId))
	for (const { clientId } of readOutbox())
		if (!ids.has(clientId)) void unlessSending(clientId, () => sendEntry(clientId))
}

async function sendEntry(clientId: string): Promise<void> {
	const entry = findEntry(clientId)
	if (entry === undefined || entry.failure !== undefined) return
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
			writeDraft(undefined, entry.question.text)
		}
	}
}
