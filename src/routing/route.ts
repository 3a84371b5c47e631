// The upstreams of one model, and whom to ask next.

import type { RetryOptions } from './options.ts'
import type { Place } from './place.ts'
import type { Member, Policy, RouteHint } from './policy.ts'

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
	 * Those that may be asked now, first choice first. Asked once for a request: a policy that gives shares counts each call.
	 */
	choose(hint: RouteHint): readonly Place[] {
		// A policy that saw the others too would give their share to whoever stands behind them, not to all by weight.
		const members = this.members.filter(({ place }) => place.available)
		return this.policy.order(members, hint).map(({ place }) => place)
	}

	/** Milliseconds until one of them may be asked again, as far as breakers tell; infinite where health checks keep all of them out. */
	get reopensInMs(): number {
		return Math.min(
			...this.members.map(({ place }) => (place.healthy ? place.breaker.reopensInMs : Number.POSITIVE_INFINITY)),
		)
	}
}

/** Those of `chosen` that may still be asked; full ones behind all that have room. */
export function candidatesOf(chosen: readonly Place[]): readonly Place[] {
	const available = chosen.filter((place) => place.available)
	if (available.every(({ slots }) => !slots.full)) return available
	return [...available.filter(({ slots }) => !slots.full), ...available.filter(({ slots }) => slots.full)]
}
