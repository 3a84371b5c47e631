// Writes messages as their rows have them: as JSON, and folded for the search. Long messages take long, so that callers
// take turns, and other events are handled meanwhile. It does not know where the rows are stored.

import { stringifyJsonInSteps } from '../../chat/json-text.ts'
import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import { type Scope, sharePathOf } from '../../keys/scope.ts'
import { Occupancy } from '../../system/occupancy.ts'
import type { Steps } from '../../system/resumable.ts'
import type { WrittenBody } from './conversation-rows.ts'
import { foldTextInSteps } from './search-text.ts'

/** Messages that are written within this time have no turn, in milliseconds. */
const shortMs = 0.3

export class BodyWriter {
	private readonly occupancy: Occupancy

	/** @param occupancy of the event loop, in which long messages take turns with other work. */
	constructor(occupancy = new Occupancy()) {
		this.occupancy = occupancy
	}

	/** What `writeBody` returns for each of the messages, in the turns of the scope. */
	write(scope: Scope, messages: readonly Message[]): Promise<readonly WrittenBody[]> {
		return this.run(scope, bodiesInSteps(messages))
	}

	/** Other work on bodies, in the turns of the scope. */
	async run<Result>(scope: Scope, steps: Steps<Result>): Promise<Awaited<Result>> {
		// Short messages do not wait until long ones of other callers have had their turn.
		const untilMs = performance.now() + shortMs
		do {
			const next = steps.next()
			if (next.done === true) return await next.value
		} while (performance.now() < untilMs)
		return this.occupancy.run(sharePathOf(scope), steps)
	}
}

function* bodiesInSteps(messages: readonly Message[]): Generator<undefined, readonly WrittenBody[], undefined> {
	const written: WrittenBody[] = []
	for (const message of messages) {
		const body = yield* stringifyJsonInSteps(message)
		yield
		const bytes = Buffer.byteLength(body)
		written.push({ body, bytes, searchText: yield* foldTextInSteps(textOf(message.content)) })
		yield
	}
	return written
}
