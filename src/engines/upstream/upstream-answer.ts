// The response of an upstream to one call: server-sent events, read as they arrive, or one body. The wire format's
// reader interprets the content.

import { CompletionFold } from '../../chat/completion-fold.ts'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { parseInexactJsonInSteps, parseJson, parseJsonInSteps } from '../../chat/json-text.ts'
import type { Source } from '../../chat/source.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import type { CallerTurns } from '../../system/occupancy.ts'
import { type EngineAnswer, type EventBatch, type EventBatches, oneBatch } from '../answer.ts'
import { EventStreamReader, EventTooLong } from './http/event-stream-reader.ts'
import type { IncomingResponse } from './http/incoming-response.ts'

/** Reads the chunks of a streaming response. */
export interface AnswerReader {
	/** Examines the JSON of a chunk. The result is what `read` receives and what the events' source has as its value. */
	parse?(value: unknown): unknown
	/** @param text that the chunk was parsed from. */
	read(chunk: unknown, text?: string): readonly ChatEvent[]
	/** Whether the chunk that was just read without events has fields that clients of the wire receive nevertheless. */
	relays?(chunk: unknown): boolean
	/** The chunk that a `choice-finish` at the end was read from, if it was read from one chunk. */
	sourceOf?(choice: number): { readonly text: string; readonly value: unknown } | undefined
	end(complete: boolean): readonly ChatEvent[]
	fail(error: ChatError): readonly ChatEvent[]
}

export interface AnswerContext {
	/** Name of the message format, such as `openai chat chunk`. */
	readonly format: string
	/** Names of the wire's events. Text under other names is no chunk. */
	readonly eventNames: ReadonlySet<string>
	/** Maximum length of an event, in characters. */
	readonly maxBytes: number
	/** Converts a connection failure to an error. */
	readonly explain: (thrown: unknown) => ChatError
	/** The reason for the cancellation, once the call is cancelled. */
	readonly interruption: () => ChatError | undefined
}

/** A streaming response: server-sent events, read as they arrive. */
export class ResponseBatches implements EventBatches {
	private readonly response: IncomingResponse
	private readonly reader: AnswerReader
	private readonly context: AnswerContext
	private readonly events: EventStreamReader
	/** Read, but not delivered yet. */
	private held: readonly EventBatch[] | undefined
	private complete = false
	private over = false

	constructor(response: IncomingResponse, reader: AnswerReader, context: AnswerContext) {
		this.response = response
		this.reader = reader
		this.context = context
		this.events = new EventStreamReader({ maxEventLength: context.maxBytes })
	}

	/** Waits for the first events. @throws ChatError if the first one is an error. */
	async begin(): Promise<void> {
		this.held = await this.read()
		throwFirstError(this.held?.[0]?.events)
	}

	next(): Promise<readonly EventBatch[] | undefined> {
		return this.held === undefined ? this.read() : this.deliver(this.held)
	}

	async cancel(): Promise<void> {
		this.held = undefined
		if (this.over) return
		this.over = true
		this.response.cancel()
	}

	private async deliver(held: readonly EventBatch[]): Promise<readonly EventBatch[]> {
		this.held = undefined
		const error = this.context.interruption()
		if (error === undefined) return held
		await this.cancel()
		return [{ events: interruptedBy(error, held, this.reader) }]
	}

	private async read(): Promise<readonly EventBatch[] | undefined> {
		while (!this.over) {
			const batches: EventBatch[] = []
			try {
				const bytes = await this.response.read()
				this.take(bytes, batches)
			} catch (thrown) {
				batches.push({ events: this.fail(thrown) })
			}
			if (batches.length > 0) return batches
		}
		return undefined
	}

	private take(bytes: Uint8Array | undefined, batches: EventBatch[]): void {
		const events = bytes === undefined ? this.events.end() : this.events.read(bytes)
		for (const { type, data } of events) {
			if (this.over || this.complete) break
			const text = data.trim()
			if (text === '[DONE]') this.complete = true
			else if (text !== '') this.readEvent(type, text, batches)
		}
		if (this.over || !(this.complete || bytes === undefined)) return
		this.over = true
		this.response.release()
		this.addLast(this.reader.end(this.complete), batches)
	}

	/** The last events, each with the chunk that it was read from. */
	private addLast(last: readonly ChatEvent[], batches: EventBatch[]): void {
		let events: ChatEvent[] = []
		for (const event of last) {
			const source = event.type === 'choice-finish' ? this.reader.sourceOf?.(event.choice) : undefined
			if (source === undefined) events.push(event)
			else {
				if (events.length > 0) batches.push({ events })
				batches.push({ events: [event], source: { format: this.context.format, ...source } })
				events = []
			}
		}
		if (events.length > 0) batches.push({ events })
	}

	/** Servers send text under names of their own, such as `heartbeat`, and errors of any form under `error`. */
	private readEvent(type: string, text: string, batches: EventBatch[]): void {
		if (type === 'error') this.readChunk(text, asErrorChunk(text), batches)
		else if (this.context.eventNames.has(type)) this.readChunk(text, parseChunk(text), batches)
		else if (text.startsWith('{')) {
			const json = tryParseJson(text)
			if (isObject(json)) this.readChunk(text, json, batches)
		}
	}

	private readChunk(text: string, json: unknown, batches: EventBatch[]): void {
		const value = this.reader.parse?.(json) ?? json
		const events = this.reader.read(value, text)
		if (events.length === 0 && this.reader.relays?.(value) !== true) return
		batches.push({ events, source: { format: this.context.format, text, value } })
		const last = events.at(-1)?.type
		if (last !== 'error' && last !== 'finish') return
		this.over = true
		if (last === 'error') this.response.cancel()
		else this.response.release()
	}

	private fail(thrown: unknown): readonly ChatEvent[] {
		this.over = true
		this.response.cancel()
		return this.reader.fail(explain(thrown, this.context))
	}
}

/** The events that were read before the interruption, with `error` as the last one. */
function interruptedBy(error: ChatError, held: readonly EventBatch[], reader: AnswerReader): readonly ChatEvent[] {
	const events = held.flatMap((batch) => batch.events)
	const last = events.at(-1)
	if (last?.type === 'error') return events
	if (last?.type === 'finish') return [...events.slice(0, -1), { type: 'error', error, usage: last.usage }]
	return [...events, ...reader.fail(error)]
}

/** Failures before the first event are thrown. */
export function throwFirstError(events: readonly ChatEvent[] | undefined): void {
	const [first] = events ?? []
	if (first?.type === 'error') throw first.error
}

/** A complete answer; an incomplete one stays a stream, so that what it contains is billed. */
export function foldUnary(events: readonly ChatEvent[], source: Source): EngineAnswer {
	if (events.at(-1)?.type !== 'finish') return streamUnary(events, source)
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	return fold.isComplete ? { type: 'unary', completion: fold.completion(), source } : streamUnary(events, source)
}

/** The events of a unary response, as a stream. */
export function streamUnary(events: readonly ChatEvent[], source: Source): EngineAnswer {
	return { type: 'stream', batches: oneBatch({ events, source }) }
}

export interface ReadBody {
	readonly text: string
	/** The parsed value if the text is JSON, otherwise the text. */
	readonly value: unknown
}

export interface AnswerBodyReading {
	/** Numbers are read as JSON.parse reads them: the value is calculated with, and not passed on. Default: true. */
	readonly isExact?: boolean
	/** In which a long body is read. */
	readonly turns?: CallerTurns | undefined
}

/** Bodies of this size are read in steps, in bytes. */
const longBytes = 65_536

/** Synchronous if the body is short and has already been received. @throws HttpFailure */
export function readBody(
	response: IncomingResponse,
	maxBytes: number,
	reading: AnswerBodyReading,
): ReadBody | Promise<ReadBody> {
	const bytes = response.readAll(maxBytes)
	return bytes instanceof Promise ? bytes.then((all) => parseBody(all, reading)) : parseBody(bytes, reading)
}

const utf8 = new TextDecoder()

function parseBody(bytes: Uint8Array, { isExact = true, turns }: AnswerBodyReading): ReadBody | Promise<ReadBody> {
	if (turns !== undefined && bytes.length >= longBytes) return turns.run(parseBodyInSteps(bytes, isExact))
	const text = utf8.decode(bytes)
	try {
		return { text, value: isExact ? parseJson(text) : JSON.parse(text) }
	} catch {
		return { text, value: text }
	}
}

function* parseBodyInSteps(bytes: Uint8Array, isExact: boolean): Generator<undefined, ReadBody, undefined> {
	const text = utf8.decode(bytes)
	yield
	try {
		const value = isExact ? yield* parseJsonInSteps(bytes, false) : yield* parseInexactJsonInSteps(bytes)
		return { text, value }
	} catch {
		return { text, value: text }
	}
}

/**
 * The first event of a body of server-sent events, as an error. Some servers reject a request in the form of the stream
 * that it asked for.
 */
export function firstError(body: string): unknown {
	const reader = new EventStreamReader({ maxEventLength: body.length + 1 })
	const events = [...reader.read(Buffer.from(body)), ...reader.end()]
	return asErrorChunk(events.find(({ data }) => data.trim() !== '')?.data ?? '')
}

/**
 * The data of an `error` event in the form that readers of all wires expect: an object of the type `error` with the
 * error in `error`.
 */
function asErrorChunk(text: string): Readonly<Record<string, unknown>> {
	const value = tryParseJson(text) ?? text
	const inner = isObject(value) && (value.error ?? null) !== null ? value.error : value
	return {
		...(isObject(value) ? value : {}),
		type: 'error',
		error: isObject(inner) ? inner : { message: String(inner) },
	}
}

/** @throws ChatError `upstream-failed` if `data` is not JSON. */
function parseChunk(data: string): unknown {
	try {
		return parseJson(data)
	} catch (cause) {
		throw new ChatError('upstream-failed', 'The upstream returned an invalid response.', {
			cause,
			sent: 'yes',
			code: 'upstream_garbage',
		})
	}
}

function explain(thrown: unknown, context: AnswerContext): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (thrown instanceof EventTooLong)
		return new ChatError('upstream-failed', 'The upstream returned an event that is too long.', {
			cause: thrown,
			sent: 'yes',
		})
	return context.explain(thrown)
}
