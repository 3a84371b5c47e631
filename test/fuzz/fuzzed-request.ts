// A request as its bytes: what mutations change. It does not know routes.

export interface FuzzedRequest {
	readonly method: string
	readonly target: string
	/** As they are sent, in order. */
	readonly headers: readonly (readonly [name: string, value: string])[]
	readonly body: Uint8Array | undefined
	/**
	 * How the body is framed: by its length, in chunks, or `short`: with a declared length that exceeds it, so that the
	 * rest never arrives.
	 */
	readonly framing: 'length' | 'chunked' | 'short'
}

/** The bytes of the request. Characters of the head above U+00FF are sent in UTF-8. */
export function bytesOf({ method, target, headers, body, framing }: FuzzedRequest): Uint8Array {
	const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
	if (body !== undefined && framing === 'chunked') lines.push('transfer-encoding: chunked')
	if (body !== undefined && framing !== 'chunked')
		lines.push(`content-length: ${body.byteLength + (framing === 'short' ? 10 : 0)}`)
	const head = encode(`${lines.join('\r\n')}\r\n\r\n`)
	if (body === undefined) return head
	return Buffer.concat(framing === 'chunked' ? [head, ...chunksOf(body)] : [head, body])
}

/** The request for a person: its target and the beginning of its body. */
export function describe({ method, target, headers, body, framing }: FuzzedRequest): string {
	const sent = headers.filter(([name]) => !/^(?:authorization|x-api-key|host)$/i.test(name))
	const text = body === undefined ? '' : Buffer.from(body).toString('latin1')
	return `${method} ${target.slice(0, 300)} ${JSON.stringify(sent).slice(0, 500)} ${framing} ${text.slice(0, 1500)}`
}

function encode(head: string): Buffer {
	return Buffer.from(head, /[^\0-\xff]/.test(head) ? 'utf8' : 'latin1')
}

function chunksOf(body: Uint8Array): readonly Uint8Array[] {
	const middle = Math.floor(body.byteLength / 2)
	const pieces = [body.subarray(0, middle), body.subarray(middle)].filter(({ byteLength }) => byteLength > 0)
	const crlf = Buffer.from('\r\n')
	return [
		...pieces.flatMap((piece) => [Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, crlf]),
		Buffer.from('0\r\n\r\n'),
	]
}
