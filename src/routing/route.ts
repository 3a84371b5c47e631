// The upstreams of one model, and the choice among them.

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
		// If the policy saw unavailable members, their share would go to the next member instead of to all by weight.
		const members = this.members.filter(({ endpoint }) => endpoint.available)
		return this.policy.order(members, hint).map(({ endpoint }) => endpoint)
	}

	/** Milliseconds until the first circuit breaker admits a call again; infinite if health checks have removed all upstreams. */
	get reopensInMs(): number {
		return Math.min(
			...this.members.map(({ endpoint }) =>
				endpoint.healthy ? endpoint.breaker.reopensInMs : Number.POSITIVE_INFINITY,
			),
		)
	}
}
