// A strict incremental parser of one HTTP/1.1 response. Input that two parsers could interpret differently is rejected
// (RFC 9112, sections 2.2, 5, 6 and 7). It does not know sockets and does not buffer the body.

import { type BodyFraming, BodyParser } from '../../../http/body-parser.ts'
import { HeadBuffer, MessageSyntaxError, maxHeaders, readHeaderLine } from '../../../http/message-head.ts'

export interface ResponseHead {
	readonly status: number
	/** By lower-case name. Values of a repeated header are joined by `, `. */
	readonly headers: ReadonlyMap<string, string>
}

export interface ResponseLimits {
	/** Maximum size of the head, and of the trailer, in bytes. */
	readonly maxHeadBytes: number
}

const empty: Uint8Array = new Uint8Array(0)
const maxInterimResponses = 10

export class ResponseParser {
	private readonly limits: ResponseLimits
	private readonly headBuffer: HeadBuffer
	private body: BodyParser | undefined
	private interim = 0
	private persistent = false
	private surplus = false
	/** Defined once it has been read. */
	head: ResponseHead | undefined

	constructor(limits: ResponseLimits) {
		this.limits = limits
		this.headBuffer = new HeadBuffer(limits.maxHeadBytes)
	}

	/** Whether the response is complete. */
	get done(): boolean {
		return this.body?.done === true
	}

	/** Whether the response is complete and the connection can be reused for another request. */
	get reusable(): boolean {
		return this.done && this.persistent && !this.surplus
	}

	/**
	 * Returns the bytes of the body in `bytes`. The result may share its memory.
	 *
	 * @throws MessageSyntaxError
	 */
	read(bytes: Buffer): Uint8Array {
		if (bytes.length === 0) return empty
		const pieces: Uint8Array[] = []
		let at = 0
		while (this.body === undefined && at < bytes.length) at = this.readHead(bytes, at)
		if (this.body !== undefined) at = this.body.read(bytes, at, pieces)
		if (at < bytes.length) this.surplus = true
		return pieces.length <= 1 ? (pieces[0] ?? empty) : Buffer.concat(pieces)
	}

	/**
	 * Call this when the connection is closed.
	 *
	 * @throws MessageSyntaxError if the response is not complete.
	 */
	end(): void {
		if (this.body?.end() !== true)
			throw new MessageSyntaxError('the connection was closed before the response was complete')
	}

	private readHead(bytes: Buffer, at: number): number {
		const complete = this.headBuffer.read(bytes, at)
		if (complete === undefined) return bytes.length
		this.begin(complete.lines)
		return complete.end
	}

	private begin(lines: readonly string[]): void {
		const { status, headers } = readHead(lines)
		const minor = lines[0]?.[7]
		if (status === 101) throw new MessageSyntaxError('the server switches to another protocol')
		if (status < 200) {
			if (++this.interim > maxInterimResponses) throw new MessageSyntaxError('too many interim responses')
			return
		}
		this.head = { status, headers }
		const connection = headers.get('connection')?.toLowerCase() ?? ''
		this.persistent = minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
		const framing = framingOf(status, headers)
		if (framing.type === 'until-close') this.persistent = false
		this.body = new BodyParser(framing, this.limits.maxHeadBytes)
	}
}

const noBody: BodyFraming = { type: 'length', bytes: 0 }

/** @throws MessageSyntaxError if the length of the body is ambiguous. */
function framingOf(status: number, headers: ReadonlyMap<string, string>): BodyFraming {
	const [coding, length] = [headers.get('transfer-encoding'), headers.get('content-length')]
	if (coding !== undefined && length !== undefined)
		throw new MessageSyntaxError('the body has both a length and a transfer coding')
	if (coding !== undefined && coding.toLowerCase() !== 'chunked')
		throw new MessageSyntaxError('the transfer coding is not chunked')
	if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new MessageSyntaxError('the length is not a number')
	if (status === 204 || status === 304) return noBody
	if (coding !== undefined) return { type: 'chunked' }
	return length === undefined ? { type: 'until-close' } : { type: 'length', bytes: Number(length) }
}

const statusLineForm = /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/

/**
 * Reads the lines of a head; the first is the status line.
 *
 * @throws MessageSyntaxError
 */
export function readHead(lines: readonly string[]): ResponseHead {
	const [statusLine = ''] = lines
	if (!statusLineForm.test(statusLine)) throw new MessageSyntaxError('the status line is malformed')
	return { status: Number(statusLine.slice(9, 12)), headers: readHeaders(lines) }
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
	if (lines.length > maxHeaders + 1) throw new MessageSyntaxError('there are too many headers')
	const headers = new Map<string, string>()
	for (let at = 1; at < lines.length; at++) {
		const [name, value] = readHeaderLine(lines[at] ?? '')
		const earlier = headers.get(name)
		if (earlier === undefined) headers.set(name, value)
		else if (name !== 'content-length') headers.set(name, `${earlier}, ${value}`)
		else if (earlier !== value) throw new MessageSyntaxError('there are two different lengths')
	}
	return headers
}
