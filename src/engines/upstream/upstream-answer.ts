// The answer of an upstream to one call: server-sent events read as they come, or the body of one JSON object. What is said there is the
// wire's to read.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Arrival, Arrivals } from '../arrivals.ts'
import { EventStreamReader, EventTooLong } from './http/event-stream-reader.ts'
import type { IncomingResponse } from './http/incoming-response.ts'

/** Any reader of an operation's answers. */
export interface AnswerReader {
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
	fail(error: ChatError): readonly ChatEvent[]
}

export interface AnswerSurroundings {
	/** What one message is called, as `openai chat chunk`. */
	readonly format: string
	/** Longest event, in characters. */
	readonly maxBytes: number
	/** What a failure of the connection means. */
	readonly explain: (thrown: unknown) => ChatError
	/** Why the answer is not wanted any more, once it is not. */
	readonly interruption: () => ChatError | undefined
}

export function isEventStream({ headers }: IncomingResponse): boolean {
	return headers.get('content-type')?.includes('text/event-stream') === true
}

/** Server-sent events, read as they come. */
export class StreamedAnswer implements Arrivals {
	private readonly response: IncomingResponse
	private readonly reader: AnswerReader
	private readonly surroundings: AnswerSurroundings
	private readonly events: EventStreamReader
	private complete = false
	private over = false

	constructor(response: IncomingResponse, reader: AnswerReader, surroundings: AnswerSurroundings) {
		this.response = response
		this.reader = reader
		this.surroundings = surroundings
		this.events = new EventStreamReader({ maxEventLength: surroundings.maxBytes })
	}

	async next(): Promise<readonly Arrival[] | undefined> {
		while (!this.over) {
			const arrivals: Arrival[] = []
			try {
				const bytes = await this.response.read()
				this.take(bytes, arrivals)
			} catch (thrown) {
				arrivals.push({ events: this.fail(thrown) })
			}
			if (arrivals.length > 0) return arrivals
		}
		return undefined
	}

	interruption(): ChatEvent | undefined {
		const error = this.surroundings.interruption()
		return error === undefined ? undefined : { type: 'error', error }
	}

	async cancel(): Promise<void> {
		if (this.over) return
		this.over = true
		this.response.cancel()
	}

	private take(bytes: Uint8Array | undefined, arrivals: Arrival[]): void {
		const events = bytes === undefined ? this.events.end() : this.events.read(bytes)
		for (const { data } of events) {
			if (data === '[DONE]') this.complete = true
			else if (data !== '' && !this.over) this.readChunk(data, arrivals)
		}
		if (this.over || !(this.complete || bytes === undefined)) return
		this.over = true
		this.response.release()
		const last = this.reader.end(this.complete)
		if (last.length > 0) arrivals.push({ events: last })
	}

	private readChunk(text: string, arrivals: Arrival[]): void {
		const value = parseChunk(text)
		const events = this.reader.read(value)
		if (events.length === 0) return
		arrivals.push({ events, source: { format: this.surroundings.format, text, value } })
		const last = events.at(-1)?.type
		if (last !== 'error' && last !== 'finish') return
		this.over = true
		if (last === 'error') this.response.cancel()
		else this.response.release()
	}

	private fail(thrown: unknown): readonly ChatEvent[] {
		this.over = true
		this.response.cancel()
		return this.reader.fail(explain(thrown, this.surroundings))
	}
}

export interface ReadBody {
	readonly text: string
	/** Parsed where it is JSON, else its text. */
	readonly value: unknown
}

/** At once where it came already. @throws HttpFailure */
export function readBody(response: IncomingResponse, maxBytes: number): ReadBody | Promise<ReadBody> {
	const bytes = response.readAll(maxBytes)
	return bytes instanceof Promise ? bytes.then(parseBody) : parseBody(bytes)
}

const utf8 = new TextDecoder()

function parseBody(bytes: Uint8Array): ReadBody {
	const text = utf8.decode(bytes)
	try {
		return { text, value: JSON.parse(text) }
	} catch {
		return { text, value: text }
	}
}

/** @throws ChatError `upstream-failed` for what is no JSON. */
function parseChunk(data: string): unknown {
	try {
		return JSON.parse(data)
	} catch (cause) {
		throw new ChatError('upstream-failed', 'The upstream sent something that is no answer.', {
			cause,
			sent: 'yes',
			code: 'upstream_garbage',
		})
	}
}

function explain(thrown: unknown, surroundings: AnswerSurroundings): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (thrown instanceof EventTooLong)
		return new ChatError('upstream-failed', 'The upstream sent an event that is too long.', {
			cause: thrown,
			sent: 'yes',
		})
	return surroundings.explain(thrown)
}
