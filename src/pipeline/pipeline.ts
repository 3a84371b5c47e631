// Read this first: the way of every request, from what HTTP received to an answer. Each stage takes what the stage before it
// returned, so a wrong order does not compile. Failures are thrown as ChatErrors; the gateway has the dialect write them.

import type { Route } from '../dialects/dialect.ts'
import type { Received } from '../http/received.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import { type Answer, attempt } from './attempt.ts'
import { authenticate } from './authenticate.ts'
import type { Parts } from './parts.ts'
import { plan } from './plan.ts'
import { understand } from './understand.ts'

export async function answer(
	received: Received,
	route: Route,
	parameter: string | undefined,
	parts: Parts,
	record: RequestRecord,
): Promise<Answer> {
	// Before the body is read: strangers cost us a hash, nothing more. 401 ends here.
	const authenticated = await authenticate(received, record, parts.keys)
	// The dialect's part: bytes become a call. 400, 408 and 413 end here.
	const understood = await understand(authenticated, route, parameter, parts.tellsContent)
	// Which upstreams can serve it. 404 ends here.
	const planned = plan(understood, parts.deployment())
	// The only place that tries again. Every failure of an upstream ends here, or becomes the stream's last event.
	return attempt(planned, parts)
}
