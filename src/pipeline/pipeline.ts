// Read this first: the way of every request, from what HTTP received to an answer. Each stage takes what the stage before it
// returned, so a wrong order does not compile. Failures are thrown as ChatErrors; the handler has the dialect write them.

import type { Received } from '../http/received.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import { admit } from './admit.ts'
import type { Answer } from './answer.ts'
import { attempt } from './attempt.ts'
import { authenticate } from './authenticate.ts'
import { lookUp } from './look-up.ts'
import type { Parts } from './parts.ts'
import { plan } from './plan.ts'
import { recall } from './recall.ts'
import { type Addressed, spokenTo, understand } from './understand.ts'

export async function answer(
	received: Received,
	addressed: Addressed,
	parts: Parts,
	record: RequestRecord,
): Promise<Answer> {
	// Before the body is read: strangers cost us a hash, nothing more. 401 ends here.
	const authenticated = await authenticate(
		received,
		record,
		addressed.target.route.open === true ? undefined : parts.keys,
	)
	// The dialect's part: bytes become a call. 400, 408 and 413 end here.
	const understood = await understand(
		authenticated,
		spokenTo(addressed, authenticated, parts.choice),
		parts.tellsContent,
	)
	// Which upstreams can serve it. 404 ends here.
	const planned = plan(understood, parts.deployment())
	// What is kept here needs no upstream.
	if (planned.type === 'own') return lookUp(planned, parts)
	// Earlier turns are joined; 404 for a conversation that is not the caller's.
	const recalled = await recall(planned, parts)
	// From here on it is billed, whatever becomes of it.
	const admitted = admit(recalled, parts)
	// The only place that tries again. Every failure of an upstream ends here, or becomes the stream's last event. What was produced is
	// written down, and settled once, before the last byte leaves.
	return attempt(admitted, parts)
}
