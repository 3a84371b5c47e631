// A call on one upstream, from its turn to its end: the turn is given back and the breaker told, once.

import { type ChatError, type ChatErrorKind, descriptorsCode } from '../chat/error.ts'
import type { Passage } from '../routing/breaker.ts'
import type { Place } from '../routing/place.ts'
import type { Slot } from '../routing/slots.ts'

/** Failures that are held against the upstream. One that says it is busy, or that the request is wrong, is well. */
const itsFault: ReadonlySet<ChatErrorKind> = new Set(['unavailable', 'upstream-timeout', 'upstream-failed'])

export class Lease {
	private readonly place: Place
	private readonly slot: Slot
	private readonly passage: Passage

	constructor(place: Place, slot: Slot) {
		this.place = place
		this.slot = slot
		this.passage = place.breaker.pass()
	}

	/** The upstream began to answer, `afterMs` after it was asked. */
	begun(afterMs: number): void {
		this.place.speed.measured(afterMs)
		this.passage.begun()
	}

	/** @param error why there is no answer, or why it broke off; absent where it is whole. A second call does nothing. */
	end(error?: ChatError): void {
		this.slot.release()
		if (error === undefined) this.passage.succeeded()
		else if (itsFault.has(error.kind) && !error.lasting && error.code !== descriptorsCode) this.passage.failed()
		else this.passage.abandoned()
	}
}
