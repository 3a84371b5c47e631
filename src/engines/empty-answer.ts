// The answer to a request for no output. Its prompt is counted by the gateway. It does not know who requests it.

import type { Completion } from '../chat/completion.ts'
import { eventsOfCompletion } from '../chat/completion-events.ts'
import { countedUsage } from '../chat/usage.ts'
import { type EngineAnswer, streamFrom } from './answer.ts'

const completion: Completion = {
	choices: [{ parts: [], finishReason: 'length' }],
	usage: countedUsage(0),
}

export function emptyAnswer(unary: boolean): EngineAnswer {
	if (unary) return { type: 'unary', completion }
	return streamFrom(streamEvents())
}

async function* streamEvents() {
	yield* eventsOfCompletion(completion)
}
