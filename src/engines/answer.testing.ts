// Answers of engines for tests, which read them event by event.

import { collect } from '../chat/collect.testing.ts'
import type { Completion } from '../chat/completion.ts'
import type { ChatEvent } from '../chat/event.ts'
import { batchesOf, type EngineAnswer } from './answer.ts'

/** The events of `answer`. Returning early cancels it, even if nothing was read. */
export function eventsOf(answer: EngineAnswer): AsyncIterableIterator<ChatEvent> {
	const batches = batchesOf(answer)
	const read: ChatEvent[] = []
	const events: AsyncIterableIterator<ChatEvent> = {
		[Symbol.asyncIterator]: () => events,
		async next() {
			if (read.length === 0) read.push(...((await batches.next()) ?? []).flatMap((batch) => batch.events))
			const value = read.shift()
			if (value !== undefined) return { value, done: false }
			await batches.cancel()
			return { value, done: true }
		},
		async return() {
			read.length = 0
			await batches.cancel()
			return { value: undefined, done: true }
		},
	}
	return events
}

export function allEventsOf(answer: EngineAnswer): Promise<ChatEvent[]> {
	return Array.fromAsync(eventsOf(answer))
}

/** @throws ChatError if the answer is incomplete. */
export async function completionOf(answer: EngineAnswer): Promise<Completion> {
	return answer.type === 'unary' ? answer.completion : collect(eventsOf(answer))
}
