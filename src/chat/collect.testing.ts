// Folds a stream of events into a complete response, for unary requests.

import type { Completion } from './completion.ts'
import { CompletionFold } from './completion-fold.ts'
import type { ChatEvent } from './event.ts'

/**
 * Reads `events` to the end.
 *
 * @throws ChatError the error of an `error` event, or `upstream-failed` if the stream ends without a terminal event or
 * with an unfinished choice.
 */
export async function collect(events: AsyncIterable<ChatEvent>): Promise<Completion> {
	const fold = new CompletionFold()
	for await (const event of events) {
		fold.add(event)
		if (event.type === 'finish') break
	}
	return fold.completion()
}
