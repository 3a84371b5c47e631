// Read this first: the path of every request, from the received HTTP request to the answer. Each stage takes the result
// of the previous stage, so a wrong order does not compile. Failures are thrown as ChatErrors, which the handler writes
// in the format of the dialect.

import type { Received } from '../http/received.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import { admit } from './admit.ts'
import type { Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { compact } from './compact.ts'
import { execute } from './execute.ts'
import { runLocalOperation } from './local-operations.ts'
import { type DialectRequest, parseRequest, type RoutedRequest, withKeyDialect } from './parse-request.ts'
import { plan } from './plan.ts'
import { recall } from './recall.ts'
import type { Serving } from './serving.ts'
import { checkUrls } from './url-check.ts'
import { answerWarmUp, isWarmUp } from './warm-up.ts'

/** Identifies the caller, whose key may select the dialect. Later failures are written in that dialect. */
export async function authenticateRequest(
	received: Received,
	routed: RoutedRequest,
	serving: Serving,
	observer: RequestObserver,
): Promise<DialectRequest> {
	// Before the body is read, so that an unauthenticated request costs one hash. 401 ends here.
	const authenticated = await authenticate(
		received,
		observer,
		routed.target.route.open === true ? undefined : serving.keys,
	)
	return withKeyDialect(routed, authenticated, serving.choice)
}

export async function answer(request: DialectRequest, serving: Serving): Promise<Answer> {
	// The dialect parses the body into a call. 400, 408 and 413 end here.
	const parsed = await parseRequest(request, serving)
	// Finds the model. 404 ends here.
	const planned = plan(parsed, serving.deployment())
	// Stored data needs no upstream.
	if (planned.type === 'local') return runLocalOperation(planned, serving)
	// Adds earlier turns; 404 for a conversation of another caller.
	// Refuses URLs that the operator does not let upstreams fetch: 400, before any upstream receives them.
	const recalled = await checkUrls(await recall(planned, serving), serving)
	// A call that generates nothing needs no upstream, and is not billed.
	if (isWarmUp(recalled)) return answerWarmUp(recalled, serving)
	// Summarizes a conversation that is longer than its client allows.
	const compacted = await compact(recalled, serving)
	// Limits end here: 429, and requests that no upstream of the model accepts: 400. From here on the call is billed, whatever its outcome.
	const admitted = await admit(compacted, serving)
	// The only stage that retries. Every upstream failure ends here or becomes the last event of the stream. Output is
	// stored and settled once, before the last byte is sent.
	return execute(admitted, serving)
}
