// A complete response as the dialects write it. A web `Response` costs several times as much for each request, because
// it converts headers and bodies that this server writes as they are.

/** What a handler returns: `Response` for streams, files and the server's own documents. */
export type OutgoingResponse = Response | WrittenResponse

export class WrittenResponse {
	readonly status: number
	readonly headers: Readonly<Record<string, string>>
	readonly body: string | Uint8Array | null

	/** @throws TypeError if a header would not be one line of Latin-1. */
	constructor(status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array | null) {
		for (const name in headers)
			if (!headerForm.test(headers[name] ?? '')) throw new TypeError(`the value of the header '${name}' is invalid`)
		this.status = status
		this.headers = headers
		this.body = body
	}
}

const headerForm = /^[\t\x20-\x7e\x80-\xff]*$/

export function asResponse(response: OutgoingResponse): Response {
	if (response instanceof Response) return response
	const { status, headers, body } = response
	return new Response(body as string | Uint8Array<ArrayBuffer> | null, { status, headers })
}
