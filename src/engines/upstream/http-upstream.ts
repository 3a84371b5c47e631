// A server that is asked over HTTP and answers in JSON or in server-sent events: what all engines of published APIs share. It knows no
// wire: requests come as JSON, and a reader of the engine's own turns answers into events. It tries nothing twice.

import type { Completion } from '../../chat/completion.ts'
import { ChatError, type Sent } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { Source } from '../../chat/source.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import type { Clock } from '../../system/clock.ts'
import { redactorOf } from '../../system/redaction.ts'
import { type ErrorAnswer, type ErrorReading, readErrorAnswer, refusedKeyCode } from '../../wire/openai/error-reader.ts'
import { type Arrival, type Arrivals, type ArrivingEvents, arriving } from '../arrivals.ts'
import type { EngineCall } from '../engine.ts'
import { cancelled, closing } from '../running-calls.ts'
import { explainFailure } from './failure.ts'
import {
	type HttpClient,
	type HttpTimeouts,
	type OutgoingRequest,
	openHttpClient,
	type TlsOptions,
	type TypedBytes,
} from './http/http-client.ts'
import { HttpFailure } from './http/http-failure.ts'
import type { IncomingResponse } from './http/incoming-response.ts'
import { type AnswerReader, isEventStream, type ReadBody, readBody, StreamedAnswer } from './upstream-answer.ts'

export interface HttpUpstreamOptions {
	/**
	 * Base URL: its path precedes every path, its query and credentials go with every request. With a Unix socket its host is only a name.
	 */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	readonly tls?: TlsOptions
	/** What the wire wants said with every request, credentials included; by lower-case name. */
	readonly wireHeaders: Readonly<Record<string, string>>
	/** Sent with every request; they win over all others. */
	readonly headers?: Readonly<Record<string, string>>
	/** Taken out of every text that the server sends. */
	readonly secrets?: readonly string[]
	/** Fields of every body; they win over the request's. */
	readonly body?: JsonObject
	/** The server is an engine of ours: its errors are meant for the caller. */
	readonly trusted?: boolean
	/** Reads an answer that is none; as servers of OpenAI's API write them where absent. */
	readonly readError?: (answer: ErrorAnswer, reading: ErrorReading) => ChatError
	readonly timeouts?: Partial<HttpTimeouts>
	/** Largest answer that is not streamed, and longest event of one that is, in bytes. */
	readonly maxAnswerBytes?: number
	readonly clock: Clock
	/** Told what only the operator can mend, at most once a minute. */
	readonly alarm?: (message: string) => void
	/** Called when a request could not be sent since this process has no file descriptor left. */
	readonly outOfDescriptors?: () => void
}

/** How the answers of one operation are read. */
export interface AnswerReading {
	/** A reader for any answer that comes in pieces. */
	readonly open: () => AnswerReader
	/** A whole answer, as the events of a stream would tell it. */
	readonly whole: (body: unknown, reader: AnswerReader) => readonly ChatEvent[]
	/** Whole answers of the plain form, where there is a short way. */
	readonly plain?: (body: unknown, model: string) => Completion | undefined
	/** What messages of the wire are called, as `openai chat chunk`. */
	readonly formats: { readonly chunk: string; readonly whole: string }
}

export const defaultTimeouts: HttpTimeouts = {
	connectMs: 5000,
	firstByteMs: 300_000,
	betweenChunksMs: 120_000,
	totalMs: 3_600_000,
}

export const defaultMaxAnswerBytes = 33_554_432

const alarmEveryMs = 60_000

export class HttpUpstream {
	/** How errors of this upstream are told. */
	readonly errors: ErrorReading
	readonly maxAnswerBytes: number
	private readonly options: HttpUpstreamOptions
	private readonly client: HttpClient
	private closed = false
	private lastAlarmMs = Number.NEGATIVE_INFINITY

	constructor(options: HttpUpstreamOptions) {
		const { url, unixSocket, tls, headers = {}, secrets = [], wireHeaders, timeouts } = options
		this.options = options
		this.maxAnswerBytes = options.maxAnswerBytes ?? defaultMaxAnswerBytes
		this.errors = {
			title: 'The upstream',
			trusted: options.trusted ?? false,
			redact: redactorOf([...secrets, ...readBaseUrl(url).secrets, ...Object.values(headers)]),
		}
		this.client = openHttpClient({
			url,
			...(unixSocket === undefined ? {} : { unixSocket }),
			...(tls === undefined ? {} : { tls }),
			headers: mergeHeaders(
				{ 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
				wireHeaders,
				headers,
			),
			timeouts: { ...defaultTimeouts, ...timeouts },
		})
	}

	/** An answer in events, streamed or not. @throws ChatError where it fails before it says anything. */
	async answer(path: string, body: JsonObject, reading: AnswerReading, call: EngineCall): Promise<ArrivingEvents> {
		const response = await this.send(path, body, call)
		const interruption = () => (this.closed || call.signal.aborted ? this.givenUp('yes') : undefined)
		if (!isEventStream(response)) return this.readWhole(response, reading, call, interruption)
		const arrivals = new StreamedAnswer(response, reading.open(), {
			format: reading.formats.chunk,
			maxBytes: this.maxAnswerBytes,
			explain: (thrown) => explainFailure(thrown, this.closed),
			interruption,
		})
		const first = await arrivals.next()
		throwFirstError(first?.[0]?.events)
		return arriving(continued(first, arrivals))
	}

	/** The body of an answer that is one JSON value. @throws ChatError */
	async ask(path: string, body: JsonObject, call: EngineCall): Promise<unknown> {
		return (await this.read(path, body, call)).value
	}

	/** The body of an answer of any form. @throws ChatError */
	async read(path: string, body: JsonObject | TypedBytes, call: EngineCall): Promise<ReadBody> {
		return this.readBody(await this.send(path, body, call))
	}

	/** Asks whether the upstream is well. @throws ChatError where it is not. */
	async probe(path: string, signal: AbortSignal): Promise<void> {
		const response = await this.request({ method: 'GET', path, signal })
		if (response.status < 200 || response.status > 299) throw await this.readError(response)
		response.release()
	}

	/**
	 * The models that the upstream lists at `path`.
	 *
	 * @param read undefined for a body that is not a list of models.
	 * @throws ChatError
	 */
	async list(
		path: string,
		read: (body: unknown) => readonly string[] | undefined,
		signal: AbortSignal,
	): Promise<readonly string[]> {
		const response = await this.request({ method: 'GET', path, signal })
		if (response.status < 200 || response.status > 299) throw await this.readError(response)
		const models = read((await this.readBody(response)).value)
		if (models !== undefined) return models
		throw new ChatError(
			'upstream-failed',
			`${this.errors.title} answered ${path} with something that is not a list of models.`,
			{
				sent: 'yes',
			},
		)
	}

	close(): void {
		this.closed = true
		this.client.close()
	}

	/** At once where it came already. @throws ChatError */
	readBody(response: IncomingResponse): ReadBody | Promise<ReadBody> {
		try {
			const body = readBody(response, this.maxAnswerBytes)
			return body instanceof Promise ? body.catch(this.explain) : body
		} catch (thrown) {
			return this.explain(thrown)
		}
	}

	/** @throws ChatError for anything but a successful status. */
	async send(path: string, body: JsonObject | TypedBytes, call: EngineCall): Promise<IncomingResponse> {
		if (this.closed || call.signal.aborted) throw this.givenUp('nothing')
		const response = await this.request({
			method: 'POST',
			path,
			headers: { 'x-request-id': call.requestId, ...call.headers },
			body: isTyped(body)
				? body
				: JSON.stringify(this.options.body === undefined ? body : { ...body, ...this.options.body }),
			signal: call.signal,
		})
		const coding = response.headers.get('content-encoding') ?? 'identity'
		if (response.status >= 200 && response.status < 300 && coding === 'identity') return response
		throw await this.readError(response)
	}

	private request(request: OutgoingRequest): Promise<IncomingResponse> {
		return this.client.send(request).catch(this.explain)
	}

	private async readWhole(
		response: IncomingResponse,
		{ open, whole, plain, formats }: AnswerReading,
		call: EngineCall,
		interruption: () => ChatError | undefined,
	): Promise<ArrivingEvents> {
		const { text, value } = await this.readBody(response)
		const source = { format: formats.whole, text, value }
		const completion = plain?.(value, call.model)
		if (completion !== undefined)
			return arriving(new AtOnce(() => whole(value, open()), source, interruption), { completion, source })
		const events = whole(value, open())
		throwFirstError(events)
		return arriving(new AtOnce(() => events, source, interruption))
	}

	private givenUp(sent: Sent): ChatError {
		return this.closed ? closing() : cancelled(sent)
	}

	private async readError(response: IncomingResponse): Promise<ChatError> {
		const { status, headers } = response
		const coding = headers.get('content-encoding') ?? 'identity'
		if (coding !== 'identity') {
			response.cancel()
			if (status < 400)
				return new ChatError('upstream-failed', 'The upstream sent a compressed answer, which nobody asked for.', {
					sent: 'maybe',
				})
		}
		const body = coding === 'identity' ? await this.readBody(response) : undefined
		const nowMs = this.options.clock.now()
		const { readError = readErrorAnswer } = this.options
		const error = readError({ status, headers, body: body?.value, receivedAtMs: nowMs }, this.errors)
		if (error.code === refusedKeyCode) this.alarm(`the upstream refuses the gateway's credentials: ${status}`, nowMs)
		return error
	}

	private alarm(message: string, nowMs: number): void {
		if (nowMs - this.lastAlarmMs < alarmEveryMs) return
		this.lastAlarmMs = nowMs
		this.options.alarm?.(message)
	}

	private readonly explain = (thrown: unknown): never => {
		if (thrown instanceof HttpFailure && thrown.reason === 'no-descriptors') this.options.outOfDescriptors?.()
		throw explainFailure(thrown, this.closed)
	}
}

function isTyped(body: JsonObject | TypedBytes): body is TypedBytes {
	return body.bytes instanceof Uint8Array
}

/** Failures before the first event are thrown. */
function throwFirstError(events: readonly ChatEvent[] | undefined): void {
	const [first] = events ?? []
	if (first?.type === 'error') throw first.error
}

/** `arrivals`, from which `first` was taken already. */
function continued(first: readonly Arrival[] | undefined, arrivals: StreamedAnswer): Arrivals {
	let begun = first
	return {
		next() {
			if (begun === undefined) return arrivals.next()
			const group = begun
			begun = undefined
			return Promise.resolve(group)
		},
		interruption: () => arrivals.interruption(),
		cancel: () => arrivals.cancel(),
	}
}

/** All events in one arrival. */
class AtOnce implements Arrivals {
	private readonly read: () => readonly ChatEvent[]
	private readonly source: Source
	private readonly why: () => ChatError | undefined
	private told = false

	constructor(read: () => readonly ChatEvent[], source: Source, why: () => ChatError | undefined) {
		this.read = read
		this.source = source
		this.why = why
	}

	async next(): Promise<readonly Arrival[] | undefined> {
		if (this.told) return undefined
		this.told = true
		return [{ events: this.read(), source: this.source }]
	}

	interruption(): ChatEvent | undefined {
		const error = this.why()
		return error === undefined ? undefined : { type: 'error', error }
	}

	async cancel(): Promise<void> {
		this.told = true
	}
}

/** By lower-case name; the later ones win. */
function mergeHeaders(...groups: readonly Readonly<Record<string, string>>[]): Record<string, string> {
	return Object.fromEntries(
		groups.flatMap((group) => Object.entries(group).map(([name, value]) => [name.toLowerCase(), value])),
	)
}
