// Read this first: the path of every request, from the received HTTP request to the answer. Each stage takes the result of the previous
// stage, so a wrong order does not compile. Failures are thrown as ChatErrors, which the handler writes in the format of the dialect.

import type { Received } from '../http/received.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import { admit } from './admit.ts'
import type { Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { execute } from './execute.ts'
import { runLocalOperation } from './local-operations.ts'
import { parseRequest, type RoutedRequest, withKeyDialect } from './parse-request.ts'
import type { Parts } from './parts.ts'
import { plan } from './plan.ts'
import { recall } from './recall.ts'

export async function answer(
	received: Received,
	addressed: RoutedRequest,
	parts: Parts,
	record: RequestRecord,
): Promise<Answer> {
	// Before the body is read, so that an unauthenticated request costs one hash. 401 ends here.
	const authenticated = await authenticate(
		received,
		record,
		addressed.target.route.open === true ? undefined : parts.keys,
	)
	// The dialect parses the body into a call. 400, 408 and 413 end here.
	const understood = await parseRequest(authenticated, withKeyDialect(addressed, authenticated, parts.choice), parts)
	// Finds the model. 404 ends here.
	const planned = plan(understood, parts.deployment())
	// Stored data needs no upstream.
	if (planned.type === 'own') return runLocalOperation(planned, parts)
	// Adds earlier turns; 404 for a conversation of another caller.
	const recalled = await recall(planned, parts)
	// From here on the call is billed, whatever its outcome.
	const admitted = admit(recalled, parts)
	// The only stage that retries. Every upstream failure ends here or becomes the last event of the stream. Output is stored and settled
	// once, before the last byte is sent.
	return execute(admitted, parts)
}
