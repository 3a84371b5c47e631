// A received HTTP request, the input of the pipeline. Its body is not parsed yet.

import type { SharePath } from '../system/fair-queue.ts'
import type { Form, JsonBody } from './body.ts'
import type { RemoteClient } from './remote-client.ts'
import type { RequestHeaders } from './request-headers.ts'

export interface Received {
	/** Assigned by this server; returned as `x-request-id`. */
	readonly id: string
	readonly method: string
	/** Normalized, still percent-encoded. */
	readonly path: string
	/** As the client sent it. */
	readonly sentPath: string
	readonly query: () => URLSearchParams
	readonly headers: RequestHeaders
	readonly client: RemoteClient
	/** Aborted when the client disconnects. */
	readonly signal: AbortSignal
	/** What the request was read from, if that is a message of a WebSocket. Only the dialect that read it knows its type. */
	readonly message?: object | undefined
	/** Milliseconds since 1970. */
	readonly receivedAtMs: number
	/** The body as JSON, read in the turns of the caller, on the first call only. Throws a ChatError if it is invalid. */
	readonly json: (caller: SharePath) => Promise<JsonBody>
	/** The same, or undefined if the body is empty. Only one of these functions is called. */
	readonly optionalJson: (caller: SharePath) => Promise<JsonBody>
	/** The body as a form with files. Throws a ChatError if it is invalid. */
	readonly form: (caller: SharePath) => Promise<Form>
}
