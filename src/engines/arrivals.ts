// Events as they arrive: several that were read at once are handed on at once, with the text that they were read from. An engine that
// reads bytes gives its answers this form; any other stream of events can be looked at as one.

import type { Completion } from '../chat/completion.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'

/** What one piece of an upstream's answer said. */
export interface Arrival {
	readonly events: readonly ChatEvent[]
	/** Absent where the events do not stand in a text of their own. */
	readonly source?: Source
}

export interface Arrivals {
	/** All that came since the last call, at least one event; waits for it. Undefined behind the terminal event. */
	next(): Promise<readonly Arrival[] | undefined>
	/** The terminal event, where the answer was given up since `next` resolved: what had arrived by then is not wanted any more. */
	interruption?(): ChatEvent | undefined
	/** Ends the answer where it is; a second time does nothing. */
	cancel(): Promise<void>
}

/** An answer that can be taken either way, not both. */
export interface ArrivingEvents extends AsyncIterable<ChatEvent> {
	readonly arrivals: Arrivals
	/** The answer itself, where it came as a whole and was read as one; then its events need not be looked at. */
	readonly whole?: WholeAnswer | undefined
}

export interface WholeAnswer {
	readonly completion: Completion
	readonly source: Source
}

/** The whole answer, where the engine read one. */
export function wholeOf(events: AsyncIterable<ChatEvent>): WholeAnswer | undefined {
	return isArriving(events) ? events.whole : undefined
}

/** The arrivals of any stream of events: one by one where its engine gives none. */
export function arrivalsOf(events: AsyncIterable<ChatEvent>): Arrivals {
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

/** `arrivals` one event at a time. @param whole the same answer, where it was read as one. */
export function arriving(arrivals: Arrivals, whole?: WholeAnswer): ArrivingEvents {
	return new Flattened(arrivals, whole)
}

class Flattened implements ArrivingEvents {
	readonly arrivals: Arrivals
	readonly whole: WholeAnswer | undefined

	constructor(arrivals: Arrivals, whole: WholeAnswer | undefined) {
		this.arrivals = arrivals
		this.whole = whole
	}

	[Symbol.asyncIterator](): AsyncGenerator<ChatEvent> {
		return flatten(this.arrivals)
	}
}

async function* flatten(arrivals: Arrivals): AsyncGenerator<ChatEvent> {
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

function isArriving(events: AsyncIterable<ChatEvent>): events is ArrivingEvents {
	return 'arrivals' in events
}
