// Decides whether the body of a response is a stream of server-sent events or one document. Proxies and servers send
// wrong content types, so the first bytes decide. The content type decides if they show no form. It does not know any
// wire format.

import type { IncomingResponse } from './http/incoming-response.ts'

export type ResponseForm = 'events' | 'document'

/**
 * Whether the content type names server-sent events. Media types are case-insensitive, and may have parameters (RFC
 * 9110, section 8.3.1).
 */
export function isEventStreamType(contentType: string | undefined): boolean {
	const [type = ''] = (contentType ?? '').split(';', 1)
	return type.trim().toLowerCase() === 'text/event-stream'
}

/** The form that the start of a body shows. Undefined if it shows none; `short` if more of it is needed. */
export function formOf(start: string): ResponseForm | 'short' | undefined {
	const text = start.trimStart()
	if (text === '') return 'short'
	if (text.startsWith('{') || text.startsWith('[')) return 'document'
	if (fields.some((field) => text.startsWith(field))) return 'events'
	return fields.some((field) => field.startsWith(text)) ? 'short' : undefined
}

/** How a line of an event stream may start. A line that starts with a colon is a comment. */
const fields = [':', 'data:', 'event:', 'id:', 'retry:'] as const

export interface OpenedResponse {
	readonly form: ResponseForm
	/** The whole response, including the bytes that were read to find out. */
	readonly response: IncomingResponse
}

/**
 * Reads the start of the body until its form is known.
 *
 * @param maxBytes how much is read at most; after that the content type decides.
 * @throws HttpFailure
 */
export async function openResponse(response: IncomingResponse, maxBytes: number): Promise<OpenedResponse> {
	const decoder = new TextDecoder()
	const pieces: Uint8Array[] = []
	let start = ''
	let length = 0
	let ended = false
	let form: ResponseForm | 'short' | undefined = 'short'
	while (form === 'short' && !ended && length < maxBytes) {
		const piece = await response.read()
		if (piece === undefined) ended = true
		else {
			pieces.push(piece)
			length += piece.length
			start = (start + decoder.decode(piece, { stream: true })).trimStart()
			form = formOf(start)
		}
	}
	const byType = isEventStreamType(response.headers.get('content-type')) ? 'events' : 'document'
	const known = form === 'short' || form === undefined ? byType : form
	return { form: known, response: new StartedResponse(response, pieces, ended) }
}

/** A response whose first bytes were already read. */
export class StartedResponse implements IncomingResponse {
	private readonly response: IncomingResponse
	private readonly pieces: Uint8Array[]
	private readonly ended: boolean

	/** @param ended `pieces` are the whole body. */
	constructor(response: IncomingResponse, pieces: readonly Uint8Array[], ended: boolean) {
		this.response = response
		this.pieces = [...pieces]
		this.ended = ended
	}

	get status(): number {
		return this.response.status
	}

	get headers(): ReadonlyMap<string, string> {
		return this.response.headers
	}

	async read(): Promise<Uint8Array | undefined> {
		return this.pieces.shift() ?? (this.ended ? undefined : this.response.read())
	}

	readAll(maxBytes: number): Uint8Array | Promise<Uint8Array> {
		const start = Buffer.concat(this.pieces.splice(0))
		if (this.ended) return start
		const rest = this.response.readAll(Math.max(0, maxBytes - start.length))
		return rest instanceof Promise ? rest.then((bytes) => Buffer.concat([start, bytes])) : Buffer.concat([start, rest])
	}

	release(): void {
		this.response.release()
	}

	cancel(): void {
		this.response.cancel()
	}
}
