// Converts a Request to the pipeline's input: the request id, the normalized path, the client, and a body that is read
// on demand.

import { randomUUID } from 'node:crypto'
import type { BodyReader, JsonBody } from '../http/body.ts'
import type { HttpRequest } from '../http/http-request.ts'
import { normalizePath, splitUrl } from '../http/path.ts'
import type { Received } from '../http/received.ts'
import type { RemoteClient } from '../http/remote-client.ts'
import { presentedSecret } from '../pipeline/authenticate.ts'
import type { Clock } from '../system/clock.ts'

export interface ReceiveOptions {
	readonly clock: Clock
	/** Use the id in the request's `x-request-id` header. Only safe if a trusted gateway sends all requests. */
	readonly trustsRequestIds?: boolean | undefined
}

export function receive(
	request: HttpRequest,
	client: RemoteClient,
	readBody: BodyReader,
	options: ReceiveOptions,
): Received {
	const { path, query } = splitUrl(request.url)
	let body: Promise<JsonBody> | undefined
	// Bodies are read after the caller was authenticated.
	const owner = () => presentedSecret(request.headers)
	return {
		id: (options.trustsRequestIds === true ? idOf(request) : undefined) ?? `req_${randomUUID().replaceAll('-', '')}`,
		method: request.method,
		path: normalizePath(path),
		sentPath: path,
		query: () => new URLSearchParams(query),
		headers: request.headers,
		client,
		signal: request.signal,
		receivedAtMs: options.clock.now(),
		json(caller) {
			body ??= readBody.json(request, owner(), caller)
			return body
		},
		optionalJson: (caller) => readBody.optionalJson(request, owner(), caller),
		form: (caller) => readBody.form(request, owner(), caller),
	}
}

/** The id that a trusted gateway assigned, so that both logs contain the same id. */
function idOf({ headers }: HttpRequest): string | undefined {
	const id = headers.get('x-request-id')
	return id !== null && /^req_\w{1,64}$/.test(id) ? id : undefined
}
