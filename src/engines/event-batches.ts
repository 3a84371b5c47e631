// Batches of events: events that were read together are delivered together, with the text that they were read from. Engines that read
// bytes produce this form; `batchesOf` adapts any other stream of events to it.

import type { Completion } from '../chat/completion.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'

/** Events read from one chunk of an upstream's response. */
export interface EventBatch {
	readonly events: readonly ChatEvent[]
	/** The text of the chunk. Absent if the events have no text of their own. */
	readonly source?: Source
}

export interface EventBatches {
	/** Waits for the next batch: everything received since the last call, at least one event. Undefined after the terminal event. */
	next(): Promise<readonly EventBatch[] | undefined>
	/** The terminal event if the call was cancelled after `next` resolved. The rest of that batch must then be discarded. */
	interruption?(): ChatEvent | undefined
	/** Cancels the stream. Idempotent. */
	cancel(): Promise<void>
}

/** A stream that can be consumed either as batches or as single events, not both. */
export interface BatchedEvents extends AsyncIterable<ChatEvent> {
	readonly arrivals: EventBatches
	/** The complete response, if the upstream did not stream. The events can then be ignored. */
	readonly whole?: WholeAnswer | undefined
}

export interface WholeAnswer {
	readonly completion: Completion
	readonly source: Source
}

/** The complete response, if the engine read one. */
export function wholeOf(events: AsyncIterable<ChatEvent>): WholeAnswer | undefined {
	return isArriving(events) ? events.whole : undefined
}

/** The batches of any stream of events. Each event is its own batch if the engine does not produce batches. */
export function batchesOf(events: AsyncIterable<ChatEvent>): EventBatches {
	if (isArriving(events)) return events.arrivals
	const iterator = events[Symbol.asyncIterator]()
	return {
		async next() {
			const { value, done } = await iterator.next()
			return done === true ? undefined : [{ events: [value] }]
		},
		async cancel() {
			await iterator.return?.()
		},
	}
}

/** `arrivals` one event at a time. @param whole the same response, if it was read as a whole. */
export function arriving(arrivals: EventBatches, whole?: WholeAnswer): BatchedEvents {
	return new Flattened(arrivals, whole)
}

class Flattened implements BatchedEvents {
	readonly arrivals: EventBatches
	readonly whole: WholeAnswer | undefined

	constructor(arrivals: EventBatches, whole: WholeAnswer | undefined) {
		this.arrivals = arrivals
		this.whole = whole
	}

	[Symbol.asyncIterator](): AsyncGenerator<ChatEvent> {
		return flatten(this.arrivals)
	}
}

async function* flatten(arrivals: EventBatches): AsyncGenerator<ChatEvent> {
	try {
		for (let group = await arrivals.next(); group !== undefined; group = await arrivals.next())
			for (const event of group.flatMap(({ events }) => events)) {
				const interruption = arrivals.interruption?.()
				yield interruption ?? event
				if (interruption !== undefined) return
			}
	} finally {
		await arrivals.cancel()
	}
}

function isArriving(events: AsyncIterable<ChatEvent>): events is BatchedEvents {
	return 'arrivals' in events
}
