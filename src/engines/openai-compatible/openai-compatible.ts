// Any server that speaks OpenAI's API, over TCP or a Unix socket. How requests and answers look is the wire's; this file sends the one
// and reads the other. It knows no routes and tries nothing twice.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Completion } from '../../chat/completion.ts'
import { ChatError, type Sent } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'

import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Source } from '../../chat/source.ts'
import type { EmbeddingRequest, Embeddings } from '../../embeddings/embeddings.ts'
import {
	type HttpClient,
	type HttpTimeouts,
	type IncomingResponse,
	openHttpClient,
	type TlsOptions,
} from '../../http/client/http-client.ts'
import type { Secret } from '../../secrets/secret.ts'
import type { TextCompletionRequest } from '../../text-completions/text-completions.ts'
import type { Clock } from '../../time/clock.ts'
import { ChatChunkReader } from '../../wire/openai/chat-chunk-reader.ts'
import { type ChatRequestForm, writeChatRequest } from '../../wire/openai/chat-request-writer.ts'
import { readCompletion } from '../../wire/openai/completion-reader.ts'
import { readEmbeddings } from '../../wire/openai/embeddings-reader.ts'
import { writeEmbeddingsRequest } from '../../wire/openai/embeddings-request-writer.ts'
import { type ErrorReading, readErrorAnswer, refusedKeyCode } from '../../wire/openai/error-reader.ts'
import { chatFormats, textCompletionFormats } from '../../wire/openai/formats.ts'
import { readPlainCompletion } from '../../wire/openai/plain-completion.ts'
import { TextCompletionChunkReader } from '../../wire/openai/text-completion-chunk-reader.ts'
import { writeTextCompletionRequest } from '../../wire/openai/text-completion-request-writer.ts'
import { type Arrival, type Arrivals, type ArrivingEvents, arriving } from '../arrivals.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { cancelled, closing } from '../running-calls.ts'
import { explainFailure } from './failure.ts'
import { type AnswerReader, isEventStream, readBody, StreamedAnswer } from './upstream-answer.ts'

export interface OpenAICompatibleOptions {
	/** Base URL up to and including its version, as `http://host:8000/v1`. For a Unix socket the host says nothing. */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	readonly tls?: TlsOptions
	readonly key?: Secret
	/** Sent with every request; they win over our own. */
	readonly headers?: Readonly<Record<string, string>>
	/** Fields of every body; they win over the request's. */
	readonly body?: JsonObject
	/** What the server can be asked; everything unless said. */
	readonly operations?: readonly Operation[]
	/** The server is an engine of ours: its errors are meant for the caller. */
	readonly trusted?: boolean
	/** It counts prompts, at the path that our own servers do. */
	readonly counts?: boolean
	readonly form?: Partial<ChatRequestForm>
	readonly timeouts?: Partial<HttpTimeouts>
	/** Largest answer that is not streamed, and longest event of one that is, in bytes. */
	readonly maxAnswerBytes?: number
	readonly clock: Clock
	/** Told what only the operator can mend, at most once a minute. */
	readonly alarm?: (message: string) => void
}

const alarmEveryMs = 60_000
const everyOperation: readonly Operation[] = ['chat', 'complete', 'embed']

export const defaultTimeouts: HttpTimeouts = {
	connectMs: 5000,
	firstByteMs: 300_000,
	betweenChunksMs: 120_000,
	totalMs: 3_600_000,
}

export const defaultMaxAnswerBytes = 33_554_432

const defaultForm: ChatRequestForm = { maxTokensField: 'max_tokens', developerRole: 'developer', streamUsage: true }

const inputTokens = z.object({ input_tokens: z.int().min(0) })

export function openOpenAICompatible(options: OpenAICompatibleOptions): Engine {
	return new OpenAICompatible(options)
}

class OpenAICompatible implements Engine {
	readonly count?: NonNullable<Engine['count']>
	private readonly options: OpenAICompatibleOptions
	private readonly form: ChatRequestForm
	private readonly maxAnswerBytes: number
	private readonly client: HttpClient
	private readonly errors: ErrorReading
	private closed = false
	private lastAlarmMs = Number.NEGATIVE_INFINITY

	constructor(options: OpenAICompatibleOptions) {
		const { url, unixSocket, tls, key, headers, timeouts } = options
		this.options = options
		if (options.counts === true) this.count = (request, call) => this.countPrompt(request, call)
		this.form = { ...defaultForm, ...options.form }
		this.maxAnswerBytes = options.maxAnswerBytes ?? defaultMaxAnswerBytes
		this.errors = {
			title: 'The upstream',
			trusted: options.trusted ?? false,
			redact: redactorOf([key?.reveal(), ...Object.values(headers ?? {})]),
		}
		this.client = openHttpClient({
			url,
			...(unixSocket === undefined ? {} : { unixSocket }),
			...(tls === undefined ? {} : { tls }),
			headers: mergeHeaders(
				{
					'content-type': 'application/json',
					accept: 'text/event-stream, application/json',
					...(key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` }),
				},
				headers ?? {},
			),
			timeouts: { ...defaultTimeouts, ...timeouts },
		})
	}

	state() {
		return { status: 'ready', operations: this.options.operations ?? everyOperation } as const
	}

	chat(request: ChatRequest, call: EngineCall): Promise<ArrivingEvents> {
		const stream = call.whole !== true
		const body = writeChatRequest(request, call.model, this.form, stream)
		const open = () =>
			new ChatChunkReader({
				model: call.model,
				choices: request.choices,
				errors: this.errors,
				countPrompt: () => 0,
				namedTool: request.toolChoice.type === 'named',
				newCallId: () => `call_${randomBytes(12).toString('hex')}`,
			})
		return this.answer('/chat/completions', body, { open, plain: readPlainCompletion, formats: chatFormats }, call)
	}

	complete(request: TextCompletionRequest, call: EngineCall): Promise<ArrivingEvents> {
		const stream = call.whole !== true
		const body = writeTextCompletionRequest(request, call.model, this.form, stream)
		const choices = request.prompts.length * request.choices
		const open = () =>
			new TextCompletionChunkReader({ model: call.model, choices, errors: this.errors, countPrompt: () => 0 })
		return this.answer('/completions', body, { open, formats: textCompletionFormats }, call)
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		const response = await this.send('/embeddings', writeEmbeddingsRequest(request, call.model, 'float'), call)
		const { value } = await this.explained(readBody(response, this.maxAnswerBytes))
		return readEmbeddings(value, {
			model: call.model,
			inputs: request.inputs.length,
			title: this.errors.title,
			countPrompt: () => 0,
		})
	}

	private async countPrompt(request: ChatRequest, call: EngineCall): Promise<number> {
		const body = writeChatRequest(request, call.model, this.form, false)
		const response = await this.send('/chat/completions/input_tokens', body, call)
		const { value } = await this.explained(readBody(response, this.maxAnswerBytes))
		return inputTokens.parse(value).input_tokens
	}

	async probe(path: string, signal: AbortSignal): Promise<void> {
		const response = await this.explained(this.client.send({ method: 'GET', path, signal }))
		if (response.status < 200 || response.status > 299) throw await this.readError(response)
		response.release()
	}

	async close(): Promise<void> {
		this.closed = true
		this.client.close()
	}

	/** @throws ChatError where the answer fails before it says anything. */
	private async answer(
		path: string,
		body: JsonObject,
		reading: AnswerReading,
		call: EngineCall,
	): Promise<ArrivingEvents> {
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

	private async readWhole(
		response: IncomingResponse,
		{ open, plain, formats }: AnswerReading,
		call: EngineCall,
		interruption: () => ChatError | undefined,
	): Promise<ArrivingEvents> {
		const { text, value } = await this.explained(readBody(response, this.maxAnswerBytes))
		const source = { format: formats.whole, text, value }
		const completion = plain?.(value, call.model)
		if (completion !== undefined)
			return {
				...arriving(atOnce(() => readCompletion(value, open()), source, interruption)),
				whole: { completion, source },
			}
		const events = readCompletion(value, open())
		throwFirstError(events)
		return arriving(atOnce(() => events, source, interruption))
	}

	/** @throws ChatError for anything but a successful status. */
	private async send(path: string, body: JsonObject, call: EngineCall): Promise<IncomingResponse> {
		if (this.closed || call.signal.aborted) throw this.givenUp('nothing')
		const response = await this.explained(
			this.client.send({
				method: 'POST',
				path,
				headers: { 'x-request-id': call.requestId, ...call.headers },
				body: JSON.stringify(this.options.body === undefined ? body : { ...body, ...this.options.body }),
				signal: call.signal,
			}),
		)
		const coding = response.headers.get('content-encoding') ?? 'identity'
		if (response.status >= 200 && response.status < 300 && coding === 'identity') return response
		throw await this.readError(response)
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
		const body = coding === 'identity' ? await this.explained(readBody(response, this.maxAnswerBytes)) : undefined
		const nowMs = this.options.clock.now()
		const error = readErrorAnswer({ status, headers, body: body?.value, receivedAtMs: nowMs }, this.errors)
		if (error.code === refusedKeyCode) this.alarm(`the upstream refuses the gateway's credentials: ${status}`, nowMs)
		return error
	}

	private alarm(message: string, nowMs: number): void {
		if (nowMs - this.lastAlarmMs < alarmEveryMs) return
		this.lastAlarmMs = nowMs
		this.options.alarm?.(message)
	}

	private async explained<Value>(work: Promise<Value>): Promise<Value> {
		try {
			return await work
		} catch (thrown) {
			throw explainFailure(thrown, this.closed)
		}
	}
}

/** How the answers of one operation are read. */
interface AnswerReading {
	/** A reader for any answer, streamed or not. */
	readonly open: () => AnswerReader
	/** Whole answers of the plain form, where there is a short way. */
	readonly plain?: (body: unknown, model: string) => Completion | undefined
	readonly formats: { readonly chunk: string; readonly whole: string }
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
function atOnce(read: () => readonly ChatEvent[], source: Source, why: () => ChatError | undefined): Arrivals {
	let told = false
	return {
		async next() {
			if (told) return undefined
			told = true
			return [{ events: read(), source }]
		},
		interruption() {
			const error = why()
			return error === undefined ? undefined : { type: 'error', error }
		},
		async cancel() {
			told = true
		},
	}
}

/** Shorter texts are no secrets, and would be found everywhere. */
const shortestSecret = 6

/** Takes `secrets` out of texts. */
function redactorOf(secrets: readonly (string | undefined)[]): (text: string) => string {
	const known = secrets.flatMap((secret) => {
		const bare = secret?.replace(/^(bearer|basic)\s+/i, '') ?? ''
		return bare.length < shortestSecret ? [] : [bare]
	})
	return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}

/** By lower-case name; the later ones win. */
function mergeHeaders(...groups: readonly Readonly<Record<string, string>>[]): Record<string, string> {
	return Object.fromEntries(
		groups.flatMap((group) => Object.entries(group).map(([name, value]) => [name.toLowerCase(), value])),
	)
}
