// A call on one upstream, from its permit to its end. The end releases the permit and reports the outcome to the
// breaker, once.

import { type ChatError, type ChatErrorKind, descriptorsCode } from '../chat/error.ts'
import type { BreakerPermit } from '../routing/breaker.ts'
import type { Permit } from '../routing/concurrency-limiter.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'

/**
 * Failures that count toward the circuit breaker. An upstream that reports overload or an invalid request is healthy.
 */
const upstreamFaults: ReadonlySet<ChatErrorKind> = new Set(['unavailable', 'upstream-timeout', 'upstream-failed'])

export class Lease {
	private readonly endpoint: UpstreamEndpoint
	private readonly permit: Permit
	private readonly breakerPermit: BreakerPermit

	constructor(endpoint: UpstreamEndpoint, permit: Permit) {
		this.endpoint = endpoint
		this.permit = permit
		this.breakerPermit = endpoint.breaker.pass()
	}

	/** The upstream began to answer, `afterMs` after the request. */
	answered(afterMs: number): void {
		this.endpoint.speed.measured(afterMs)
		this.breakerPermit.started()
	}

	/** Idempotent. @param error why there is no complete answer; absent if it is complete. */
	end(error?: ChatError): void {
		this.permit.release()
		if (error === undefined) this.breakerPermit.succeeded()
		else if (upstreamFaults.has(error.kind) && !error.lasting && error.code !== descriptorsCode)
			this.breakerPermit.failed()
		else this.breakerPermit.abandoned()
	}
}
