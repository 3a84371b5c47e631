// An incremental parser of server-sent events, for bytes split at any position. It does not interpret the data. Follows
// the WHATWG HTML standard, section 9.2.6, with one exception: an event without its closing empty line is returned at
// the end of the stream instead of dropped, because some servers close the connection right after `data: [DONE]`.

export interface ServerSentEvent {
	/** Value of the `event` line. Default: `message`. */
	readonly type: string
	/** The `data` lines, joined by line feeds. May be empty. */
	readonly data: string
}

export interface EventStreamLimits {
	/** Maximum length of a line and of an event, in UTF-16 units. */
	readonly maxEventLength: number
}

/** An event exceeds the limit. The rest of the stream cannot be read. */
export class EventTooLong extends Error {
	override readonly name = 'EventTooLong'
	constructor(maxEventLength: number) {
		super(`a server-sent event is longer than ${maxEventLength} characters`)
	}
}

/** Reads one stream. Pass it the chunks in order. */
export class EventStreamReader {
	private readonly limits: EventStreamLimits
	private readonly lineEnd = /\r\n|\n|\r/g
	/** Joins characters that are split between chunks, and drops a byte order mark. */
	private readonly decoder = new TextDecoder()
	/** The start of an incomplete line. */
	private line = ''
	/** The last chunk ended in CR: an LF at the start of the next one belongs to the same line end. */
	private halfLineEnd = false
	private type = ''
	private data: string | undefined

	constructor(limits: EventStreamLimits) {
		this.limits = limits
	}

	/**
	 * Returns the events that `bytes` completes.
	 *
	 * @throws EventTooLong
	 */
	read(bytes: Uint8Array): readonly ServerSentEvent[] {
		return this.readText(this.decoder.decode(bytes, { stream: true }))
	}

	/**
	 * Returns the incomplete event at the end of the stream, if any. It may be truncated.
	 *
	 * @throws EventTooLong
	 */
	end(): readonly ServerSentEvent[] {
		return this.readText(`${this.decoder.decode()}\n\n`)
	}

	private readText(text: string): readonly ServerSentEvent[] {
		const events: ServerSentEvent[] = []
		let start = this.isBetweenEvents ? readPlain(text, events) : 0
		if (start === text.length) return events
		if (this.halfLineEnd && text !== '') {
			this.halfLineEnd = false
			if (text.startsWith('\n')) start = 1
		}
		this.lineEnd.lastIndex = start
		for (let end = this.lineEnd.exec(text); end !== null; end = this.lineEnd.exec(text)) {
			this.readLine(this.line + text.slice(start, end.index), events)
			this.line = ''
			start = this.lineEnd.lastIndex
			if (end[0] === '\r' && start === text.length) this.halfLineEnd = true
		}
		this.line += text.slice(start)
		if (this.line.length > this.limits.maxEventLength) throw new EventTooLong(this.limits.maxEventLength)
		return events
	}

	private get isBetweenEvents(): boolean {
		return this.line === '' && this.data === undefined && this.type === '' && !this.halfLineEnd
	}

	private readLine(line: string, events: ServerSentEvent[]): void {
		if (line === '') {
			this.endEvent(events)
			return
		}
		const colon = line.indexOf(':')
		const field = colon === -1 ? line : line.slice(0, colon)
		const value = colon === -1 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1)
		if (field === 'data') this.data = this.data === undefined ? value : `${this.data}\n${value}`
		else if (field === 'event') this.type = value
		if ((this.data?.length ?? 0) > this.limits.maxEventLength) throw new EventTooLong(this.limits.maxEventLength)
	}

	/** An event without a `data` line is ignored. */
	private endEvent(events: ServerSentEvent[]): void {
		if (this.data !== undefined) events.push({ type: this.type === '' ? 'message' : this.type, data: this.data })
		this.type = ''
		this.data = undefined
	}
}

/**
 * Fast path for the form that nearly every server uses: a `data: …` line and an empty line, both ended by line feeds.
 *
 * @returns the index of the first event that is incomplete or does not have this form.
 */
function readPlain(text: string, events: ServerSentEvent[]): number {
	if (text.includes('\r')) return 0
	let start = 0
	while (text.startsWith('data: ', start)) {
		const end = text.indexOf('\n', start)
		if (end === -1 || text.charCodeAt(end + 1) !== lineFeed) break
		events.push({ type: 'message', data: text.slice(start + 6, end) })
		start = end + 2
	}
	return start
}

const lineFeed = 10
