// The head of an HTTP/1.1 message, common to requests and responses: collects its bytes, splits it into lines, and reads
// header lines. Strict: bare line feeds, folded lines and control characters are rejected (RFC 9112, sections 2.2 and 5).
// It does not know start lines.

/** The input is not a valid message, or is ambiguous. */
export class MessageSyntaxError extends Error {
	override readonly name = 'MessageSyntaxError'
}

/** The head exceeds its maximum size. */
export class HeadTooLargeError extends MessageSyntaxError {}

/** Maximum number of headers of a message. */
export const maxHeaders = 200

/** Collects the bytes of a head until it is complete. */
export class HeadBuffer {
	private readonly maxBytes: number
	private buffered: Buffer | undefined

	constructor(maxBytes: number) {
		this.maxBytes = maxBytes
	}

	/** Number of bytes of an incomplete head. */
	get length(): number {
		return this.buffered?.length ?? 0
	}

	/**
	 * @param at where the head, or the rest of it, begins in `bytes`.
	 * @returns its lines, and the position after it in `bytes`; undefined if it is not complete.
	 * @throws MessageSyntaxError
	 */
	read(bytes: Buffer, at: number): { readonly lines: readonly string[]; readonly end: number } | undefined {
		const rest = at === 0 ? bytes : bytes.subarray(at)
		const bufferedBytes = this.length
		const all = this.buffered === undefined ? rest : Buffer.concat([this.buffered, rest])
		const end = all.indexOf('\r\n\r\n', Math.max(0, bufferedBytes - 3), 'latin1')
		if ((end === -1 ? all.length : end) > this.maxBytes) throw new HeadTooLargeError('the head is too long')
		if (end === -1) {
			if (all.indexOf('\n\n', Math.max(0, bufferedBytes - 1), 'latin1') !== -1)
				throw new MessageSyntaxError('a line of the head does not end in CRLF')
			this.buffered = all
			return undefined
		}
		this.buffered = undefined
		return { lines: all.toString('latin1', 0, end).split('\r\n'), end: at + end + 4 - bufferedBytes }
	}
}

const headerForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/

/**
 * The name in lower case, and the value without surrounding white space.
 *
 * @throws MessageSyntaxError
 */
export function readHeaderLine(line: string): readonly [name: string, value: string] {
	if (!headerForm.test(line)) throw new MessageSyntaxError('a header is malformed')
	const colon = line.indexOf(':')
	return [line.slice(0, colon).toLowerCase(), valueAfter(line, colon + 1)]
}

/** The rest of a line without spaces and tabs around it. `trim` would also remove the no-break space of Latin-1. */
function valueAfter(line: string, from: number): string {
	let [begin, end] = [from, line.length]
	while (isBlank(line.charCodeAt(begin))) begin++
	while (end > begin && isBlank(line.charCodeAt(end - 1))) end--
	return line.slice(begin, end)
}

function isBlank(code: number): boolean {
	return code === 32 || code === 9
}
