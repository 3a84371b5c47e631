// Writes a response as the bytes of an HTTP/1.1 message. It does not know sockets.

import { STATUS_CODES } from 'node:http'
import type { WrittenResponse } from '../../http/written-response.ts'

export interface ResponseFraming {
	/** Of the client; HTTP/1.0 gets no chunks. */
	readonly minorVersion: 0 | 1
	/** The connection is closed after the response. */
	readonly closes: boolean
	/** The response is to HEAD. */
	readonly headOnly: boolean
}

const crlf = Buffer.from('\r\n')
/** The end of a body in chunks. */
export const lastChunk: Uint8Array = Buffer.from('0\r\n\r\n')
export const continueMessage: Uint8Array = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
/** Any client of HTTP/1.1 ignores an interim response, but a client that disconnected resets the connection. */
export const probeBeforeHead: Uint8Array = Buffer.from('HTTP/1.1 102 Processing\r\n\r\n')
/** The same between two chunks: a leading zero of the size of the next chunk. */
export const probeBetweenChunks: Uint8Array = Buffer.from('0')

/** Whether the body is produced while it is sent, as the handler tells proxies; all others are complete. */
export function isStream({ headers }: Response): boolean {
	return headers.get('x-accel-buffering') === 'no'
}

/** The length of a complete body that is sent in pieces, as the handler declares it; undefined for any other. */
export function declaredBytes({ headers }: Response): number | undefined {
	const bytes = headers.get('content-length')
	return bytes === null ? undefined : Number(bytes)
}

/** The head of a complete body that follows in pieces. */
export function sizedHead({ status, headers }: Response, bytes: number, { closes }: ResponseFraming): Uint8Array {
	return Buffer.from(`${headOf(status, headers.toJSON(), closes)}content-length: ${bytes}\r\n\r\n`, 'latin1')
}

/** The head of a stream. */
export function streamHead({ status, headers }: Response, { minorVersion, closes }: ResponseFraming): Uint8Array {
	return Buffer.from(
		`${headOf(status, headers.toJSON(), closes)}${minorVersion === 1 ? 'transfer-encoding: chunked\r\n' : ''}\r\n`,
		'latin1',
	)
}

/** A whole message. */
export function completeMessage(
	{ status, headers, body }: Pick<WrittenResponse, 'status' | 'headers' | 'body'>,
	{ closes, headOnly }: ResponseFraming,
): Uint8Array {
	const bytes = body === null ? 0 : Buffer.byteLength(body)
	const length = hasNoBody(status) ? '' : `content-length: ${bytes}\r\n`
	const head = `${headOf(status, headers, closes)}${length}\r\n`
	const sends = body !== null && !headOnly && !hasNoBody(status)
	const message = Buffer.allocUnsafe(head.length + (sends ? bytes : 0))
	message.write(head, 'latin1')
	if (!sends) return message
	if (typeof body === 'string') message.write(body, head.length)
	else message.set(body, head.length)
	return message
}

/** A chunk is copied into one message up to this size, because a write costs more than the copy, in bytes. */
const copiedBytes = 16_384

/** One piece of a body in chunks, to be written in this order. */
export function chunkMessages(bytes: Uint8Array): readonly Uint8Array[] {
	const size = `${bytes.byteLength.toString(16)}\r\n`
	if (bytes.byteLength > copiedBytes) return [Buffer.from(size, 'latin1'), bytes, crlf]
	const message = Buffer.allocUnsafe(size.length + bytes.byteLength + crlf.length)
	message.write(size, 'latin1')
	message.set(bytes, size.length)
	message.set(crlf, size.length + bytes.byteLength)
	return [message]
}

/** A response of the server itself to a client whose request could not be read or is not accepted. */
export function refusalMessage(status: number, message: string, code: string): Uint8Array {
	const type = status >= 500 ? 'server_error' : 'invalid_request_error'
	const body = JSON.stringify({ error: { message, type, param: null, code } })
	const headers: Record<string, string> = { 'content-type': 'application/json' }
	if (status === 503 || status === 429) headers['retry-after'] = '1'
	return completeMessage({ status, headers, body }, { minorVersion: 1, closes: true, headOnly: false })
}

/** RFC 9110, sections 8.6 and 15: these have neither a body nor a length. */
function hasNoBody(status: number): boolean {
	return status === 204 || status === 304
}

/** @param headers were checked by `Headers` or `WrittenResponse`: they contain no line ends. */
function headOf(status: number, headers: Readonly<Record<string, string>>, closes: boolean): string {
	let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\ndate: ${currentDate()}\r\n`
	for (const name in headers) if (!computed.has(name)) text += `${name}: ${headers[name]}\r\n`
	return closes ? `${text}connection: close\r\n` : text
}

const computed: ReadonlySet<string> = new Set(['connection', 'content-length', 'date', 'transfer-encoding'])

const clock = { second: 0, text: '' }

/** The date header changes once in a second. */
function currentDate(): string {
	const second = Math.floor(Date.now() / 1000)
	if (second !== clock.second) {
		clock.second = second
		clock.text = new Date(second * 1000).toUTCString()
	}
	return clock.text
}
