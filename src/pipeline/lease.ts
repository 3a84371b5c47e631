// A call on one upstream, from its permit to its end. The end releases the permit and reports the outcome to the breaker, once.

import { type ChatError, type ChatErrorKind, descriptorsCode } from '../chat/error.ts'
import type { BreakerPermit } from '../routing/breaker.ts'
import type { Permit } from '../routing/concurrency-limiter.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'

/** Failures that count toward the circuit breaker. An upstream that reports overload or an invalid request is healthy. */
const itsFault: ReadonlySet<ChatErrorKind> = new Set(['unavailable', 'upstream-timeout', 'upstream-failed'])

export class Lease {
	private readonly place: UpstreamEndpoint
	private readonly slot: Permit
	private readonly passage: BreakerPermit

	constructor(place: UpstreamEndpoint, slot: Permit) {
		this.place = place
		this.slot = slot
		this.passage = place.breaker.pass()
	}

	/** The upstream began to answer, `afterMs` after the request. */
	begun(afterMs: number): void {
		this.place.speed.measured(afterMs)
		this.passage.begun()
	}

	/** Idempotent. @param error why there is no complete answer; absent if it is complete. */
	end(error?: ChatError): void {
		this.slot.release()
		if (error === undefined) this.passage.succeeded()
		else if (itsFault.has(error.kind) && !error.lasting && error.code !== descriptorsCode) this.passage.failed()
		else this.passage.abandoned()
	}
}
