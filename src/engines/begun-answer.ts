// The border between failures that are thrown and failures that are events: the first event. Every engine's streams pass here.

import { asChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'

/**
 * Waits for the first of `events`. The result continues behind it, and returning from it early ends `events` even if it was never read.
 *
 * @throws ChatError what `events` throws, or its error where that comes first.
 */
export async function beginAnswer(events: AsyncGenerator<ChatEvent>): Promise<AsyncIterableIterator<ChatEvent>> {
	let first: IteratorResult<ChatEvent> | undefined
	try {
		first = await events.next()
	} catch (thrown) {
		throw asChatError(thrown)
	}
	if (first.done !== true && first.value.type === 'error') {
		await events.return(undefined)
		throw first.value.error
	}
	const continued: AsyncIterableIterator<ChatEvent> = {
		[Symbol.asyncIterator]: () => continued,
		async next() {
			if (first === undefined) return events.next()
			const begun = first
			first = undefined
			return begun
		},
		async return() {
			first = undefined
			return events.return(undefined)
		},
	}
	return continued
}
