// The upstreams of a model that may receive a call. It does not know which of them are available.

import type { ChatError } from '../chat/error.ts'
import type { ModelCall } from '../dialects/call.ts'
import { upstreamNameOf } from '../routing/model.ts'
import type { Upstream } from './deployment.ts'
import type { Planned } from './plan.ts'

/** A call, and the upstreams of its model. */
export type Candidates = Pick<Planned, 'call' | 'deployment' | 'model'>

/**
 * Whether `upstream` may receive `call`. One that breaks a rule of OpenAI's API needs an upstream that accepts more, and
 * one with a feature of a single wire needs an upstream of that wire.
 */
export function mayReceive(upstream: Upstream, call: ModelCall): boolean {
	return obstacleTo(upstream, call) === undefined
}

/** @throws ChatError why no upstream of the model may receive the call. */
export function checkCandidates(candidates: Candidates): void {
	let obstacle: ChatError | undefined
	for (const upstream of upstreamsOf(candidates)) {
		const next = obstacleTo(upstream, candidates.call)
		if (next === undefined) return
		obstacle ??= next
	}
	if (obstacle !== undefined) throw obstacle
}

/** Whether the upstreams of the model do not recognize each other's signatures. */
export function hasSeveralOrigins(candidates: Candidates): boolean {
	const upstreams = upstreamsOf(candidates)
	if (upstreams.length === 1) return false
	const origins = upstreams.flatMap(
		({ engine, model }) => engine.originOf?.(upstreamNameOf(model, candidates.model)) ?? [],
	)
	return new Set(origins).size > 1
}

function upstreamsOf({ deployment, model }: Candidates): readonly Upstream[] {
	return deployment.routeOf(model).members.map(({ endpoint }) => deployment.upstreamAt(endpoint))
}

function obstacleTo({ acceptsViolations, engine }: Upstream, call: ModelCall): ChatError | undefined {
	if (call.type !== 'chat') return undefined
	if (call.need !== undefined && call.need.wire !== engine.wire) return call.need.error
	return acceptsViolations ? undefined : call.violation
}
