// A client of a server that receives HTTP requests and responds with JSON or server-sent events, shared by the engines
// of published APIs. It does not know any wire format: requests are JSON, and the engine's reader converts responses to
// events. It does not retry.

import type { Completion } from '../../chat/completion.ts'
import { ChatError, refusedKeyCode, type Sent } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import { stringifyJson, stringifyJsonInSteps } from '../../chat/json-text.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import { redactorOf } from '../../system/redaction.ts'
import type { UpstreamModel } from '../../wire/json/model-list-reader.ts'
import { type ErrorReading, readErrorAnswer } from '../../wire/json/upstream-error.ts'
import type { EngineAnswer } from '../answer.ts'
import type { EngineCall } from '../engine.ts'
import { cancelled, closing } from '../running-calls.ts'
import { completeBody } from './body-fields.ts'
import { explainFailure } from './failure.ts'
import { type HttpClient, type OutgoingRequest, openHttpClient, type TypedBytes } from './http/http-client.ts'
import { HttpFailure } from './http/http-failure.ts'
import type { IncomingResponse } from './http/incoming-response.ts'
import { defaultMaxAnswerBytes, defaultTimeouts, type HttpUpstreamOptions } from './http-upstream-options.ts'
import { formOf, isEventStreamType, openResponse, StartedResponse } from './response-form.ts'
import {
	type AnswerBodyReading,
	type AnswerReader,
	firstError,
	foldUnary,
	type ReadBody,
	ResponseBatches,
	readBody,
	streamUnary,
	throwFirstError,
} from './upstream-answer.ts'

/** How to read the responses of one operation. */
export interface AnswerReading {
	/** Creates a reader for a streaming response. */
	readonly open: () => AnswerReader
	/** Reads a unary response as the events of a stream. */
	readonly unary: (body: unknown, reader: AnswerReader) => readonly ChatEvent[]
	/** Fast path for unary responses of the common form. Undefined for other responses. */
	readonly plain?: (body: unknown, model: string) => Completion | undefined
	/** Names of the wire's server-sent events. If absent, its events have none. */
	readonly eventNames?: ReadonlySet<string>
	/** Names of the message formats, such as `openai chat chunk`. */
	readonly formats: { readonly chunk: string; readonly whole: string }
}

const alarmEveryMs = 60_000

/** The type of events without a name. */
const onlyMessages: ReadonlySet<string> = new Set(['message'])

export class HttpUpstream {
	/** How to read errors of this upstream. */
	readonly errors: ErrorReading
	readonly maxAnswerBytes: number
	private readonly options: HttpUpstreamOptions
	private readonly client: HttpClient
	private closed = false
	private lastAlarmMs = Number.NEGATIVE_INFINITY

	constructor(options: HttpUpstreamOptions) {
		const { url, unixSocket, proxy, tls, headers = {}, secrets = [], wireHeaders, timeouts } = options
		this.options = options
		this.maxAnswerBytes = options.maxAnswerBytes ?? defaultMaxAnswerBytes
		this.errors = {
			title: 'The upstream',
			trusted: options.trusted ?? false,
			readRest: options.readErrorRest,
			redact: redactorOf([
				...secrets,
				...readBaseUrl(url).secrets,
				...(proxy?.secrets ?? []),
				...Object.values(headers),
			]),
		}
		this.client = openHttpClient({
			url,
			unixSocket,
			proxy,
			tls,
			headers: mergeHeaders(
				{ 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
				wireHeaders,
				headers,
			),
			timeouts: { ...defaultTimeouts, ...timeouts },
		})
	}

	/**
	 * Sends a request and returns the answer in the response, streaming or unary.
	 * @throws ChatError for failures before the first event.
	 */
	async answer(path: string, body: JsonObject, reading: AnswerReading, call: EngineCall): Promise<EngineAnswer> {
		const response = await this.send(path, body, call)
		const isStream = isEventStreamType(response.headers.get('content-type'))
		// The body of an expected document is read whole, which needs no wait if it has already arrived.
		if (call.unary === true && !isStream) return this.readUnary(response, reading, call)
		const opened = await openResponse(response, this.maxAnswerBytes).catch(this.explain)
		if (opened.form === 'document') return this.readUnary(opened.response, reading, call)
		return this.readStream(opened.response, reading, call)
	}

	private async readStream(
		response: IncomingResponse,
		reading: AnswerReading,
		call: EngineCall,
	): Promise<EngineAnswer> {
		const batches = new ResponseBatches(response, reading.open(), {
			format: reading.formats.chunk,
			eventNames: reading.eventNames ?? onlyMessages,
			maxBytes: this.maxAnswerBytes,
			explain: (thrown) => explainFailure(thrown, this.closed),
			interruption: () => (this.closed || call.signal.aborted ? this.givenUp('yes') : undefined),
		})
		await batches.begin()
		return { type: 'stream', batches }
	}

	/**
	 * Sends a request and returns the JSON body of the response, for answers that are calculated with and not passed on,
	 * such as vectors: their numbers are doubles. @throws ChatError
	 */
	async post(path: string, body: JsonObject, call: EngineCall): Promise<unknown> {
		return (await this.readBody(await this.send(path, body, call), { isExact: false, turns: call.turns })).value
	}

	/** Sends a request and returns the body of the response, JSON or not. @throws ChatError */
	async read(path: string, body: JsonObject | TypedBytes, call: EngineCall): Promise<ReadBody> {
		return this.readBody(await this.send(path, body, call), { turns: call.turns })
	}

	/** Runs a health check: a GET request whose response must be 2xx. @throws ChatError if it fails. */
	async probe(path: string, signal: AbortSignal): Promise<void> {
		const response = await this.request({ method: 'GET', path, signal })
		if (response.status < 200 || response.status > 299) throw await this.readError(response)
		response.release()
	}

	/**
	 * The models that the upstream lists at `path`.
	 *
	 * @param read returns undefined for a body that is not a list of models.
	 * @throws ChatError
	 */
	async list(
		path: string,
		read: (body: unknown) => readonly UpstreamModel[] | undefined,
		signal: AbortSignal,
	): Promise<readonly UpstreamModel[]> {
		const response = await this.request({ method: 'GET', path, signal })
		if (response.status < 200 || response.status > 299) throw await this.readError(response)
		const models = read((await this.readBody(response)).value)
		if (models !== undefined) return models
		throw new ChatError(
			'upstream-failed',
			`${this.errors.title} returned a response for ${path} that is not a list of models.`,
			{
				sent: 'yes',
			},
		)
	}

	close(): void {
		this.closed = true
		this.client.close()
	}

	/** Synchronous if the body has already been received. @throws ChatError */
	readBody(response: IncomingResponse, reading: AnswerBodyReading = {}): ReadBody | Promise<ReadBody> {
		try {
			const body = readBody(response, this.maxAnswerBytes, reading)
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
			body: isTyped(body) ? body : await this.writeBody(body, call),
			signal: call.signal,
		})
		const { status, headers } = response
		const coding = headers.get('content-encoding') ?? 'identity'
		if (status >= 200 && status < 300 && coding === 'identity') {
			if (call.drop !== undefined) reportDropped(headers, call.drop)
			return response
		}
		throw await this.readError(response)
	}

	private writeBody(body: JsonObject, { turns, drop }: EngineCall): string | Promise<string> {
		const complete = completeBody(body, this.options, drop)
		return turns?.isLong === true ? turns.run(stringifyJsonInSteps(complete)) : stringifyJson(complete)
	}

	private request(request: OutgoingRequest): Promise<IncomingResponse> {
		return this.client.send(request).catch(this.explain)
	}

	private async readUnary(response: IncomingResponse, reading: AnswerReading, call: EngineCall): Promise<EngineAnswer> {
		const { text, value } = await this.readBody(response, { turns: call.turns })
		if (typeof value === 'string' && formOf(text) === 'events')
			return this.readStream(new StartedResponse(response, [Buffer.from(text)], true), reading, call)
		const { open, unary, plain, formats } = reading
		const source = { format: formats.whole, text, value }
		const completion = call.unary === true ? plain?.(value, call.model) : undefined
		if (completion !== undefined) return { type: 'unary', completion, source }
		const events = unary(value, open())
		throwFirstError(events)
		return call.unary === true ? foldUnary(events, source) : streamUnary(events, source)
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
				return new ChatError(
					'upstream-failed',
					'The upstream returned a compressed response, although no compression was requested.',
					{
						sent: 'maybe',
					},
				)
		}
		const read = coding === 'identity' ? await this.readBody(response) : undefined
		const body = typeof read?.value === 'string' && formOf(read.text) === 'events' ? firstError(read.text) : read?.value
		const nowMs = this.options.clock.now()
		const { readError = readErrorAnswer } = this.options
		const error = readError({ status, headers, body, receivedAtMs: nowMs }, this.errors)
		if (error.code === refusedKeyCode)
			this.alarm(
				`the upstream rejected the gateway's credentials with status ${status}: check the upstream's key`,
				nowMs,
			)
		return error
	}

	private alarm(message: string, nowMs: number): void {
		if (nowMs - this.lastAlarmMs < alarmEveryMs) return
		this.lastAlarmMs = nowMs
		this.options.alarm?.(message)
	}

	private readonly explain = (thrown: unknown): never => {
		if (thrown instanceof HttpFailure && thrown.reason === 'no-descriptors') this.options.outOfDescriptors?.()
		if (thrown instanceof HttpFailure && thrown.reason === 'proxy-refused')
			this.alarm(thrown.message, this.options.clock.now())
		throw explainFailure(thrown, this.closed)
	}
}

function isTyped(body: JsonObject | TypedBytes): body is TypedBytes {
	return body.bytes instanceof Uint8Array
}

/** By lower-case name. Later groups override earlier ones. */
function mergeHeaders(...groups: readonly Readonly<Record<string, string>>[]): Record<string, string> {
	return Object.fromEntries(
		groups.flatMap((group) => Object.entries(group).map(([name, value]) => [name.toLowerCase(), value])),
	)
}

/** Servers of this product, such as the embedded engine's process, report what they left out. */
function reportDropped(headers: IncomingResponse['headers'], drop: (part: string) => void): void {
	const names = headers.get('x-dragoman-dropped')
	if (names != null) for (const name of names.split(', ')) if (name !== '') drop(name)
}
