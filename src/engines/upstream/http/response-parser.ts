// A strict incremental parser of one HTTP/1.1 response. Input that two parsers could interpret differently is rejected
// (RFC 9112, sections 2.2, 5, 6 and 7). It does not know sockets and does not buffer the body.

export interface ResponseHead {
	readonly status: number
	/** By lower-case name. Values of a repeated header are joined by `, `. */
	readonly headers: ReadonlyMap<string, string>
}

export interface ResponseLimits {
	/** Maximum size of the head, and of the trailer, in bytes. */
	readonly maxHeadBytes: number
}

/** The input is not a valid response, or is ambiguous. */
export class ResponseSyntaxError extends Error {
	override readonly name = 'ResponseSyntaxError'
}

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done'

const empty: Uint8Array = new Uint8Array(0)
const [cr, lf] = [13, 10]
const maxHeaders = 200
const maxInterimResponses = 10
const maxChunkLine = 1024

export class ResponseParser {
	private readonly limits: ResponseLimits
	private state: State = 'head'
	private buffered: Buffer | undefined
	/** Number of bytes left in the body or in the current chunk. */
	private remaining = 0
	private line = ''
	private trailerBytes = 0
	private interim = 0
	private persistent = false
	private surplus = false
	/** Defined once it has been read. */
	head: ResponseHead | undefined

	constructor(limits: ResponseLimits) {
		this.limits = limits
	}

	/** Whether the response is complete. */
	get done(): boolean {
		return this.state === 'done'
	}

	/** Whether the response is complete and the connection can be reused for another request. */
	get reusable(): boolean {
		return this.state === 'done' && this.persistent && !this.surplus
	}

	/**
	 * Returns the bytes of the body in `bytes`. The result may share its memory.
	 *
	 * @throws ResponseSyntaxError
	 */
	read(bytes: Buffer): Uint8Array {
		if (bytes.length === 0) return empty
		const pieces: Uint8Array[] = []
		let at = 0
		while (at < bytes.length) {
			if (this.state === 'done') {
				this.surplus = true
				break
			}
			at = this.step(bytes, at, pieces)
		}
		return pieces.length <= 1 ? (pieces[0] ?? empty) : Buffer.concat(pieces)
	}

	/**
	 * Call this when the connection is closed.
	 *
	 * @throws ResponseSyntaxError if the response is not complete.
	 */
	end(): void {
		if (this.state === 'until-close') this.state = 'done'
		if (this.state !== 'done')
			throw new ResponseSyntaxError('the connection was closed before the response was complete')
	}

	private step(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		switch (this.state) {
			case 'head':
				return this.readHead(bytes, at)
			case 'length':
			case 'chunk':
				return this.readCounted(bytes, at, pieces)
			case 'until-close':
				pieces.push(at === 0 ? bytes : bytes.subarray(at))
				return bytes.length
			case 'chunk-size':
				return this.readChunk(bytes, at, pieces)
			case 'chunk-end':
				return this.readChunkEnd(bytes, at)
			case 'trailer':
				return this.readLines(bytes, at)
			case 'done':
				return bytes.length
		}
	}

	private readHead(bytes: Buffer, at: number): number {
		const rest = at === 0 ? bytes : bytes.subarray(at)
		const bufferedBytes = this.buffered?.length ?? 0
		const all = this.buffered === undefined ? rest : Buffer.concat([this.buffered, rest])
		const end = all.indexOf('\r\n\r\n', Math.max(0, bufferedBytes - 3), 'latin1')
		if ((end === -1 ? all.length : end) > this.limits.maxHeadBytes)
			throw new ResponseSyntaxError('the head is too long')
		if (end === -1) {
			if (all.indexOf('\n\n') !== -1) throw new ResponseSyntaxError('a line of the head does not end in CRLF')
			this.buffered = all
			return bytes.length
		}
		this.buffered = undefined
		this.begin(all.toString('latin1', 0, end).split('\r\n'))
		return at + end + 4 - bufferedBytes
	}

	private begin(lines: readonly string[]): void {
		const { status, headers } = readHead(lines)
		const minor = lines[0]?.[7]
		if (status === 101) throw new ResponseSyntaxError('the server switches to another protocol')
		if (status < 200) {
			if (++this.interim > maxInterimResponses) throw new ResponseSyntaxError('too many interim responses')
			return
		}
		this.head = { status, headers }
		const connection = headers.get('connection')?.toLowerCase() ?? ''
		this.persistent = minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
		this.frame(status, headers)
	}

	private frame(status: number, headers: ReadonlyMap<string, string>): void {
		const [coding, length] = [headers.get('transfer-encoding'), headers.get('content-length')]
		if (coding !== undefined && length !== undefined)
			throw new ResponseSyntaxError('the body has both a length and a transfer coding')
		if (coding !== undefined && coding.toLowerCase() !== 'chunked')
			throw new ResponseSyntaxError('the transfer coding is not chunked')
		if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new ResponseSyntaxError('the length is not a number')
		if (status === 204 || status === 304) this.state = 'done'
		else if (coding !== undefined) this.state = 'chunk-size'
		else if (length === undefined) {
			this.state = 'until-close'
			this.persistent = false
		} else {
			this.remaining = Number(length)
			this.state = this.remaining === 0 ? 'done' : 'length'
		}
	}

	private readCounted(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		const end = Math.min(bytes.length, at + this.remaining)
		pieces.push(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
		this.remaining -= end - at
		if (this.remaining === 0) this.state = this.state === 'chunk' ? 'chunk-end' : 'done'
		return end
	}

	/**
	 * Fast path: the line of the size usually consists of a few hexadecimal digits and CRLF, and the whole chunk is in
	 * one read.
	 */
	private readChunk(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		if (this.line !== '') return this.readLines(bytes, at)
		let size = 0
		let index = at
		for (; index < bytes.length && index - at < 8; index++) {
			const digit = hexDigits[bytes[index] ?? 0] ?? -1
			if (digit === -1) break
			size = size * 16 + digit
		}
		if (index === at || bytes[index] !== cr || bytes[index + 1] !== lf) return this.readLines(bytes, at)
		const start = index + 2
		const end = start + size
		if (size === 0 || bytes[end] !== cr || bytes[end + 1] !== lf) {
			this.beginChunk(size)
			return start
		}
		pieces.push(bytes.subarray(start, end))
		return end + 2
	}

	private beginChunk(size: number): void {
		this.remaining = size
		this.state = size === 0 ? 'trailer' : 'chunk'
	}

	private readChunkEnd(bytes: Buffer, at: number): number {
		if (this.line !== '' || bytes[at] !== cr || bytes[at + 1] !== lf) return this.readLines(bytes, at)
		this.state = 'chunk-size'
		return at + 2
	}

	/** Reads until the end of one line, which must end in CRLF. */
	private readLines(bytes: Buffer, at: number): number {
		const end = bytes.indexOf(lf, at)
		this.line += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
		const longest = this.state === 'trailer' ? this.limits.maxHeadBytes : maxChunkLine
		if (this.line.length > longest) throw new ResponseSyntaxError('a line between chunks is too long')
		if (end === -1) return bytes.length
		if (!this.line.endsWith('\r')) throw new ResponseSyntaxError('a line between chunks does not end in CRLF')
		const line = this.line.slice(0, -1)
		this.line = ''
		this.endLine(line)
		return end + 1
	}

	private endLine(line: string): void {
		switch (this.state) {
			case 'chunk-size': {
				const [, size] = /^([0-9a-fA-F]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line) ?? []
				if (size === undefined) throw new ResponseSyntaxError('the size of a chunk is malformed')
				this.beginChunk(Number.parseInt(size, 16))
				break
			}
			case 'chunk-end':
				if (line !== '') throw new ResponseSyntaxError('a chunk is longer than its declared size')
				this.state = 'chunk-size'
				break
			default:
				this.trailerBytes += line.length + 2
				if (this.trailerBytes > this.limits.maxHeadBytes) throw new ResponseSyntaxError('the trailer is too long')
				if (line === '') this.state = 'done'
				else readHeader(line)
		}
	}
}

const statusLineForm = /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/

/**
 * Reads the lines of a head; the first is the status line.
 *
 * @throws ResponseSyntaxError
 */
export function readHead(lines: readonly string[]): ResponseHead {
	const [statusLine = ''] = lines
	if (!statusLineForm.test(statusLine)) throw new ResponseSyntaxError('the status line is malformed')
	return { status: Number(statusLine.slice(9, 12)), headers: readHeaders(lines) }
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
	if (lines.length > maxHeaders + 1) throw new ResponseSyntaxError('there are too many headers')
	const headers = new Map<string, string>()
	for (let at = 1; at < lines.length; at++) {
		const [name, value] = readHeader(lines[at] ?? '')
		const earlier = headers.get(name)
		if (earlier === undefined) headers.set(name, value)
		else if (name !== 'content-length') headers.set(name, `${earlier}, ${value}`)
		else if (earlier !== value) throw new ResponseSyntaxError('there are two different lengths')
	}
	return headers
}

const headerForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/

function readHeader(line: string): readonly [name: string, value: string] {
	if (!headerForm.test(line)) throw new ResponseSyntaxError('a header is malformed')
	const colon = line.indexOf(':')
	return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** The value of each byte as a hexadecimal digit, or -1. */
const hexDigits = new Int8Array(256).fill(-1)
for (const digit of '0123456789abcdefABCDEF') hexDigits[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
