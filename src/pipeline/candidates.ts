// The upstreams of a model that may receive a call. It does not know which of them are available.

import type { ChatError } from '../chat/error.ts'
import type { ModelCall } from '../dialects/call.ts'
import type { Upstream } from './deployment.ts'
import type { Planned } from './plan.ts'

/** A call, and the upstreams of its model. */
export type Candidates = Pick<Planned, 'call' | 'deployment' | 'model'>

/** Whether `upstream` may receive `call`: one that breaks a rule of OpenAI's API needs an upstream that accepts more. */
export function mayReceive({ acceptsViolations }: Upstream, call: ModelCall): boolean {
	return acceptsViolations || violationOf(call) === undefined
}

/** @throws ChatError the rule that the call breaks, if no upstream of the model may receive it. */
export function checkCandidates(candidates: Candidates): void {
	const { call } = candidates
	const violation = violationOf(call)
	if (violation !== undefined && !upstreamsOf(candidates).some((upstream) => mayReceive(upstream, call)))
		throw violation
}

/** Whether the upstreams of the model do not recognize each other's signatures. */
export function hasSeveralOrigins(candidates: Candidates): boolean {
	const { name } = candidates.model
	const origins = upstreamsOf(candidates).flatMap(({ engine, model = name }) => engine.originOf?.(model) ?? [])
	return new Set(origins).size > 1
}

function upstreamsOf({ deployment, model }: Candidates): readonly Upstream[] {
	return deployment.routeOf(model).members.map(({ endpoint }) => deployment.upstreamAt(endpoint))
}

function violationOf(call: ModelCall): ChatError | undefined {
	return call.type === 'chat' ? call.violation : undefined
}
