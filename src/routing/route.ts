// The upstreams of one model, and the choice among them.

import type { SharePath } from '../system/fair-queue.ts'
import { anonymous } from '../system/fair-queue.ts'
import type { RetryOptions } from './options.ts'
import type { Member, Policy, RouteHint } from './policy.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export interface RouteOptions {
	readonly members: readonly Member[]
	readonly policy: Policy
	readonly retry: RetryOptions
}

export class Route {
	readonly members: readonly Member[]
	readonly retry: RetryOptions
	private readonly policy: Policy

	constructor({ members, policy, retry }: RouteOptions) {
		this.members = members
		this.policy = policy
		this.retry = retry
	}

	/**
	 * The available upstreams, in order of preference. To be called once per request: weighted policies count each call.
	 */
	choose(hint: RouteHint): readonly UpstreamEndpoint[] {
		const { caller = anonymous } = hint
		// If the policy saw unavailable members, their share would go to the next member instead of to all by weight.
		const members = this.members.filter(({ endpoint }) => endpoint.isAvailableTo(caller))
		return this.policy.order(members, hint).map(({ endpoint }) => endpoint)
	}

	/**
	 * Milliseconds until the first circuit breaker admits a call of `caller` again; infinite if health checks have removed
	 * all upstreams.
	 */
	reopensInMs(caller: SharePath = anonymous): number {
		return Math.min(...this.members.map(({ endpoint }) => endpoint.reopensInMs(caller)))
	}
}
