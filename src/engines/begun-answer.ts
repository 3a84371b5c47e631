// Failures before the first event of a stream are thrown; later failures are events. Every engine's streams pass through here.

import { asChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'

/**
 * Waits for the first of `events`. The result yields that event and then the others. Returning from it early ends `events`, even if
 * nothing was read.
 *
 * @throws ChatError what `events` throws, or the error of its first event.
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
