// The upstreams of a model that may receive a call. It does not know which of them are available.

import type { ChatError } from '../chat/error.ts'
import type { ModelCall } from '../dialects/call.ts'
import { signatureOrigin } from '../engines/upstream/signature-origin.ts'
import type { Upstream } from './deployment.ts'
import type { Planned } from './plan.ts'

/** Whether `upstream` may receive `call`: one that breaks a rule of OpenAI's API needs an upstream that accepts more. */
export function mayReceive({ acceptsViolations }: Upstream, call: ModelCall): boolean {
	return acceptsViolations || violationOf(call) === undefined
}

/** @throws ChatError the rule that the call breaks, if no upstream of the model may receive it. */
export function checkCandidates(planned: Planned): void {
	const violation = violationOf(planned.call)
	if (violation !== undefined && !upstreamsOf(planned).some((upstream) => mayReceive(upstream, planned.call)))
		throw violation
}

/** Whether the upstreams of the model do not recognize each other's signatures. */
export function hasSeveralOrigins(planned: Planned): boolean {
	const origins = upstreamsOf(planned).flatMap(({ engine: { signatureService }, model = planned.model.name }) =>
		signatureService === undefined ? [] : [signatureOrigin(signatureService, model)],
	)
	return new Set(origins).size > 1
}

function upstreamsOf({ deployment, model }: Planned): readonly Upstream[] {
	return deployment.routeOf(model).members.map(({ endpoint }) => deployment.upstreamAt(endpoint))
}

function violationOf(call: ModelCall): ChatError | undefined {
	return call.type === 'chat' ? call.violation : undefined
}
