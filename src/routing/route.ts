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

	/** Those that may be asked now, first choice first; full ones behind all that have room. */
	candidates(hint: RouteHint): readonly Place[] {
		const available = this.policy.order(this.members, hint).flatMap(({ place }) => (place.available ? [place] : []))
		if (available.every(({ slots }) => !slots.full)) return available
		return [...available.filter(({ slots }) => !slots.full), ...available.filter(({ slots }) => slots.full)]
	}

	/** Milliseconds until one of them may be asked again, as far as breakers tell. */
	get reopensInMs(): number {
		return Math.min(...this.members.map(({ place }) => place.breaker.reopensInMs))
	}
}
