// A call on one upstream, from its permit to its end. The end releases the permit and reports the outcome to the
// breaker, once.

import { type ChatError, type ChatErrorKind, descriptorsCode } from '../chat/error.ts'
import type { CallPermit } from '../routing/fair-breaker.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import type { Permit } from '../system/fair-permits.ts'
import type { SharePath } from '../system/fair-queue.ts'

/**
 * Failures that count toward the circuit breaker. An upstream that reports overload or an invalid request is healthy.
 */
const upstreamFaults: ReadonlySet<ChatErrorKind> = new Set(['unavailable', 'upstream-timeout', 'upstream-failed'])

export class Lease {
	private readonly endpoint: UpstreamEndpoint
	private readonly permit: Permit
	private readonly breakerPermit: CallPermit

	constructor(endpoint: UpstreamEndpoint, permit: Permit, caller: SharePath) {
		this.endpoint = endpoint
		this.permit = permit
		this.breakerPermit = endpoint.pass(caller)
	}

	/** The upstream began to answer, `afterMs` after the request. */
	answered(afterMs: number): void {
		this.endpoint.speed.measured(afterMs)
		this.breakerPermit.started()
	}

	/**
	 * Idempotent.
	 *
	 * @param error why there is no complete answer; absent if it is complete.
	 * @param isSuspect the request failed on another upstream as well, so it may be the cause.
	 */
	end(error?: ChatError, isSuspect = false): void {
		this.permit.release()
		if (error === undefined) this.breakerPermit.succeeded()
		else if (!isUpstreamFault(error)) this.breakerPermit.abandoned()
		else if (error.unreached) this.breakerPermit.failed('connection')
		else if (isSuspect) this.breakerPermit.abandoned()
		else this.breakerPermit.failed('answer')
	}
}

/** Whether a failure counts toward the circuit breaker. A full disk or too many open files here are no fault of the upstream. */
function isUpstreamFault({ kind, lasting, local, code }: ChatError): boolean {
	return upstreamFaults.has(kind) && !lasting && !local && code !== descriptorsCode
}
