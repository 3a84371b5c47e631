// A stream of events folded into a whole answer: a unary answer is nothing else.

import type { Completion } from './completion.ts'
import { CompletionFold } from './completion-fold.ts'
import type { ChatEvent } from './event.ts'

/**
 * Reads `events` to their end.
 *
 * @throws ChatError the error of an `error` event, or `upstream-failed` for a stream that ends without a terminal event or with
 * a choice that never finished.
 */
export async function collect(events: AsyncIterable<ChatEvent>): Promise<Completion> {
	const fold = new CompletionFold()
	for await (const event of events) {
		fold.add(event)
		if (event.type === 'finish') break
	}
	return fold.completion()
}
