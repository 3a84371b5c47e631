// A request as the pipeline is handed it: what HTTP said, nothing understood yet.

import type { Form } from './body.ts'
import type { RemoteClient } from './remote-client.ts'

export interface Received {
	/** Ours; answered as `x-request-id`. */
	readonly id: string
	readonly method: string
	/** Normalised, still percent-encoded. */
	readonly path: string
	readonly query: () => URLSearchParams
	readonly headers: Headers
	readonly client: RemoteClient
	/** Aborted when the client hangs up. */
	readonly signal: AbortSignal
	/** Milliseconds since 1970. */
	readonly receivedAtMs: number
	/** The body as JSON; throws a ChatError where it is none. Reads it on the first call only. */
	readonly json: () => Promise<unknown>
	/** The body as a form with files; throws a ChatError where it is none. */
	readonly form: () => Promise<Form>
}
