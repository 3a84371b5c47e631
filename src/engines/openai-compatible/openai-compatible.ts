// Any server that speaks OpenAI's API, over TCP or a Unix socket. How requests and answers look is the wire's; this file sends the one
// and reads the other. It knows no routes and tries nothing twice.

import { randomBytes } from 'node:crypto'
import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { EmbeddingRequest, Embeddings } from '../../embeddings/embeddings.ts'
import { EventStreamReader } from '../../http/event-stream-reader.ts'
import type { Secret } from '../../secrets/secret.ts'
import type { TextCompletionRequest } from '../../text-completions/text-completions.ts'
import { ChatChunkReader } from '../../wire/openai/chat-chunk-reader.ts'
import { type ChatRequestForm, writeChatRequest } from '../../wire/openai/chat-request-writer.ts'
import { readCompletion } from '../../wire/openai/completion-reader.ts'
import { readEmbeddings } from '../../wire/openai/embeddings-reader.ts'
import { writeEmbeddingsRequest } from '../../wire/openai/embeddings-request-writer.ts'
import { type ErrorReading, readErrorAnswer } from '../../wire/openai/error-reader.ts'
import { TextCompletionChunkReader } from '../../wire/openai/text-completion-chunk-reader.ts'
import { writeTextCompletionRequest } from '../../wire/openai/text-completion-request-writer.ts'
import { beginAnswer } from '../begun-answer.ts'
import type { Engine, EngineCall, Operation } from '../engine.ts'
import { cancelled, type RunningCall, RunningCalls } from '../running-calls.ts'

export interface OpenAICompatibleOptions {
	/** Base URL up to and including its version, as `http://host:8000/v1`. For a Unix socket the host says nothing. */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	readonly key?: Secret
	/** Sent with every request. */
	readonly headers?: Readonly<Record<string, string>>
	/** What the server can be asked; everything unless said. */
	readonly operations?: readonly Operation[]
	/** The server is an engine of ours: its errors are meant for the caller. */
	readonly trusted?: boolean
	readonly form?: Partial<ChatRequestForm>
	/** Longest wait for the headers of an answer, in milliseconds. */
	readonly firstByteTimeoutMs?: number
}

const everyOperation: readonly Operation[] = ['chat', 'complete', 'embed']
const maxEventLength = 16_777_216
const defaultFirstByteTimeoutMs = 300_000

export function openOpenAICompatible(options: OpenAICompatibleOptions): Engine {
	return new OpenAICompatible(options)
}

/** Either of the readers of answers. */
interface AnswerReader {
	read(chunk: unknown): readonly ChatEvent[]
	end(complete: boolean): readonly ChatEvent[]
	fail(error: ChatError): readonly ChatEvent[]
}

class OpenAICompatible implements Engine {
	private readonly options: OpenAICompatibleOptions
	private readonly base: string
	private readonly errors: ErrorReading
	private readonly running = new RunningCalls()

	constructor(options: OpenAICompatibleOptions) {
		this.options = options
		this.base = options.url.replace(/\/+$/, '')
		this.errors = { title: 'The upstream', trusted: options.trusted ?? false }
	}

	state() {
		return { status: 'ready', operations: this.options.operations ?? everyOperation } as const
	}

	chat(request: ChatRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>> {
		const { maxTokensField = 'max_tokens', developerRole = 'developer' } = this.options.form ?? {}
		const body = writeChatRequest(request, call.model, { maxTokensField, developerRole })
		const reader = new ChatChunkReader({
			model: call.model,
			choices: request.choices,
			errors: this.errors,
			countPrompt: () => 0,
			namedTool: request.toolChoice.type === 'named',
			newCallId: () => `call_${randomBytes(12).toString('hex')}`,
		})
		return this.stream('/chat/completions', body, reader, call)
	}

	complete(request: TextCompletionRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>> {
		const body = writeTextCompletionRequest(request, call.model)
		const choices = request.prompts.length * request.choices
		const reader = new TextCompletionChunkReader({
			model: call.model,
			choices,
			errors: this.errors,
			countPrompt: () => 0,
		})
		return this.stream('/completions', body, reader, call)
	}

	async embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		const running = this.running.begin(call.signal)
		try {
			const response = await this.send(
				'/embeddings',
				writeEmbeddingsRequest(request, call.model, 'float'),
				call,
				running,
			)
			const body = await readBody(response)
			return readEmbeddings(body, {
				model: call.model,
				inputs: request.inputs.length,
				title: this.errors.title,
				countPrompt: () => 0,
			})
		} finally {
			running.end()
		}
	}

	async close(): Promise<void> {
		this.running.close()
	}

	private async stream(
		path: string,
		body: JsonObject,
		reader: AnswerReader,
		call: EngineCall,
	): Promise<AsyncIterable<ChatEvent>> {
		const running = this.running.begin(call.signal)
		try {
			const response = await this.send(path, body, call, running)
			return await beginAnswer(this.readAnswer(response, reader, running))
		} catch (thrown) {
			running.end()
			throw thrown
		}
	}

	/** @throws ChatError for anything but a successful status. */
	private async send(path: string, body: JsonObject, call: EngineCall, running: RunningCall): Promise<Response> {
		const { unixSocket, firstByteTimeoutMs = defaultFirstByteTimeoutMs } = this.options
		const late = setTimeout(
			() =>
				running.abort(
					new ChatError('upstream-timeout', 'The upstream did not begin to answer in time.', { sent: 'yes' }),
				),
			firstByteTimeoutMs,
		)
		let response: Response
		try {
			response = await fetch(this.base + path, {
				method: 'POST',
				headers: this.headers(call),
				body: JSON.stringify(body),
				signal: running.signal,
				redirect: 'manual',
				// How long an answer may be quiet is not the connection's business; unsaid, Bun ends it after 5 minutes.
				timeout: false,
				...(unixSocket === undefined ? {} : { unix: unixSocket }),
			})
		} catch (thrown) {
			throw whyNotSent(thrown, running)
		} finally {
			clearTimeout(late)
		}
		if (response.ok) return response
		const answer = {
			status: response.status,
			headers: response.headers,
			body: await readBody(response),
			receivedAtMs: Date.now(),
		}
		throw readErrorAnswer(answer, this.errors)
	}

	private headers(call: EngineCall): Record<string, string> {
		const { key, headers } = this.options
		return {
			'content-type': 'application/json',
			accept: 'text/event-stream, application/json',
			'x-request-id': call.requestId,
			...(key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` }),
			...headers,
		}
	}

	private async *readAnswer(response: Response, reader: AnswerReader, running: RunningCall): AsyncGenerator<ChatEvent> {
		try {
			if (response.headers.get('content-type')?.includes('text/event-stream') === true)
				yield* readStream(response, reader, running)
			else yield* readCompletion(await readBody(response), reader)
		} catch (thrown) {
			yield* reader.fail(whyBroken(thrown, running))
		} finally {
			running.end()
			running.abort(cancelled('yes'))
		}
	}
}

/** Events that arrived together with what was already read are not told to a caller who is gone. */
async function* readStream(response: Response, reader: AnswerReader, running: RunningCall): AsyncGenerator<ChatEvent> {
	const events = new EventStreamReader({ maxEventLength })
	let complete = false
	for await (const bytes of response.body ?? []) {
		for (const { data } of events.read(bytes)) {
			if (data === '[DONE]') complete = true
			else if (data !== '') yield* whileWanted(reader.read(parseChunk(data)), running)
		}
		if (complete) break
	}
	if (!complete)
		for (const { data } of events.end()) {
			if (data === '[DONE]') complete = true
			else if (data !== '') yield* whileWanted(reader.read(parseChunk(data)), running)
		}
	yield* whileWanted(reader.end(complete), running)
}

function* whileWanted(events: readonly ChatEvent[], running: RunningCall): Generator<ChatEvent> {
	for (const event of events) {
		if (running.signal.aborted) throw reasonOf(running)
		yield event
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

/** Parsed where it is JSON, else its text. */
async function readBody(response: Response): Promise<unknown> {
	const text = await response.text()
	try {
		return JSON.parse(text)
	} catch {
		return text
	}
}

const unreachable: ReadonlySet<string> = new Set([
	'ConnectionRefused',
	'FailedToOpenSocket',
	'ECONNREFUSED',
	'ENOENT',
	'DNSException',
	'ENOTFOUND',
])

/** A connection that was never made proves that nothing was sent. */
function whyNotSent(thrown: unknown, running: RunningCall): ChatError {
	if (running.signal.aborted) return reasonOf(running)
	const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
	if (unreachable.has(code)) return new ChatError('unavailable', 'The upstream cannot be reached.', { cause: thrown })
	return new ChatError('upstream-failed', 'The upstream ended the connection without an answer.', {
		cause: thrown,
		sent: 'maybe',
	})
}

function whyBroken(thrown: unknown, running: RunningCall): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (running.signal.aborted) return reasonOf(running)
	return new ChatError('upstream-failed', 'The upstream ended the connection in the middle of its answer.', {
		cause: thrown,
		sent: 'yes',
	})
}

function reasonOf(running: RunningCall): ChatError {
	return running.signal.reason instanceof ChatError ? running.signal.reason : cancelled('maybe')
}
