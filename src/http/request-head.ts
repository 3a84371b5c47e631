// The head of an HTTP/1.1 request: what the client wants, and how the body is framed. Strict: a request that a proxy in
// front could interpret differently is rejected (RFC 9112, sections 2, 3, 6 and 9). It does not know routes or sockets.

import type { BodyFraming } from './body-parser.ts'
import { MessageSyntaxError, maxHeaders, readHeaderLine } from './message-head.ts'
import { ParsedHeaders, type RequestHeaders } from './request-headers.ts'
import { readRequestTarget } from './request-target.ts'

export interface RequestHead {
	readonly method: string
	/** Path and query, still percent-encoded. */
	readonly url: string
	readonly headers: RequestHeaders
	/** 0 for HTTP/1.0, which knows neither chunks nor interim responses. */
	readonly minorVersion: 0 | 1
	/** Undefined for a request without a body. */
	readonly framing: BodyFraming | undefined
	/** The client accepts further responses on the connection. */
	readonly persistent: boolean
	/** The client waits for `100 Continue` before it sends the body. */
	readonly expectsContinue: boolean
}

/** Syntax that this server does not support; the text is safe for the client. */
export class UnsupportedRequestError extends MessageSyntaxError {
	readonly status: 501 | 505

	constructor(status: 501 | 505, message: string) {
		super(message)
		this.status = status
	}
}

const requestLineForm = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/

/**
 * @param lines of the head, without the empty line at its end.
 * @throws MessageSyntaxError
 */
export function readRequestHead(lines: readonly string[]): RequestHead {
	const [, method, target, major, minor] = requestLineForm.exec(lines[0] ?? '') ?? []
	if (method === undefined || target === undefined) throw new MessageSyntaxError('the request line is malformed')
	if (major !== '1' || (minor !== '0' && minor !== '1'))
		throw new UnsupportedRequestError(505, 'the server speaks HTTP/1.1')
	const headers = readHeaders(lines)
	const { pathAndQuery, host } = readRequestTarget(method, target)
	if (minor === '1' && !headers.has('host')) throw new MessageSyntaxError('the request has no Host header')
	if (host !== undefined) headers.set('host', host)
	const connection = headers.get('connection')?.toLowerCase() ?? ''
	return {
		method,
		url: pathAndQuery,
		headers,
		minorVersion: minor === '1' ? 1 : 0,
		framing: framingOf(headers, minor),
		// A client of HTTP/1.0 gets one response: without chunks the end of a stream is the end of the connection.
		persistent: minor === '1' && !/\bclose\b/.test(connection),
		expectsContinue: minor === '1' && headers.get('expect')?.toLowerCase() === '100-continue',
	}
}

/** Headers that a request has at most once: with two, servers choose differently. */
const single: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'content-type'])

function readHeaders(lines: readonly string[]): ParsedHeaders {
	if (lines.length > maxHeaders + 1) throw new MessageSyntaxError('there are too many headers')
	const headers = new ParsedHeaders()
	for (let at = 1; at < lines.length; at++) {
		const [name, value] = readHeaderLine(lines[at] ?? '')
		const earlier = headers.get(name)
		if (earlier !== null && single.has(name)) throw new MessageSyntaxError(`there are two ${name} headers`)
		headers.set(name, earlier === null ? value : `${earlier}, ${value}`)
	}
	return headers
}

/** @throws MessageSyntaxError if the length of the body is ambiguous. */
function framingOf(headers: RequestHeaders, minor: string): BodyFraming | undefined {
	const [coding, length] = [headers.get('transfer-encoding'), headers.get('content-length')]
	if (coding !== null) {
		if (length !== null) throw new MessageSyntaxError('the body has both a length and a transfer coding')
		if (minor === '0') throw new MessageSyntaxError('HTTP/1.0 has no transfer coding')
		if (coding.toLowerCase() !== 'chunked')
			throw new UnsupportedRequestError(501, 'the only supported transfer coding is chunked')
		return { type: 'chunked' }
	}
	if (length === null) return undefined
	if (!/^\d{1,15}$/.test(length)) throw new MessageSyntaxError('the content-length is not a number')
	return Number(length) === 0 ? undefined : { type: 'length', bytes: Number(length) }
}
