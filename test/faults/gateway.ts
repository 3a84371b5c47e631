// The gateway as a process, for tests of failures: both kinds of answers read to their end, the log line of
// a request, and the metrics.

import { startServer, type TestServer, type TestServerOptions } from '../server.ts'

/** An answer, read to its end. */
export interface Answer {
	readonly status: number
	readonly headers: Headers
	readonly requestId: string
	/** The text of the answer. */
	readonly text: string
	/** In how many pieces. */
	readonly chunks: number
	/** The error in the body, or as an event. */
	readonly error: AnswerError | undefined
	/** What each `data:` line of a stream held, in order. */
	readonly data: readonly string[]
	/** The received body. */
	readonly body: Uint8Array
}

export interface AnswerError {
	readonly message: string
	readonly type: string
	readonly param: string | null
	readonly code: string | null
}

/** The line about one request in the log. */
export interface RequestLine {
	readonly level: number
	readonly status: number
	readonly upstream?: string
	readonly promptTokens?: number
	readonly completionTokens?: number
	readonly error?: string
	/** If there was more than one. */
	readonly attempts?: readonly unknown[]
	readonly left?: boolean
}

export interface FaultTestGateway extends TestServer {
	/** Sends a request to `model` and reads the answer to its end. */
	send(model: string, options?: SendOptions): Promise<Answer>
	/** Requests a stream, which the caller reads. */
	open(model: string, options?: SendOptions): Promise<Response>
	/** The line that was logged for a request, as soon as there is one. */
	lineOf(requestId: string): Promise<RequestLine>
	/** Every metric as `name{labels}`, labels in the order of the server. */
	metrics(): Promise<ReadonlyMap<string, number>>
}

export interface SendOptions {
	readonly stream?: boolean
	/** The messages so far, from the user and the assistant in turn. */
	readonly turns?: readonly string[]
	readonly headers?: Readonly<Record<string, string>>
	readonly signal?: AbortSignal
}

/** An OpenAI-compatible upstream for a configuration. */
export function upstreamAt(url: string, more: object = {}): object {
	return { engine: 'openai-compatible', url, key: 'sk-upstream', model: 'm', ...more }
}

/** @param config the whole configuration, without `listen` and `data`. */
export async function startFaultTestGateway(
	config: object,
	options: TestServerOptions = {},
): Promise<FaultTestGateway> {
	const server = await startServer({ ...options, config: JSON.stringify(config) })
	const open = (model: string, { stream = true, turns = ['hi'], headers = {}, signal }: SendOptions = {}) =>
		fetch(`${server.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json', ...headers },
			body: JSON.stringify({ model, stream, messages: turns.map(message) }),
			...(signal === undefined ? {} : { signal }),
		})
	return {
		...server,
		open,
		send: async (model, request = {}) => readAnswer(await open(model, { stream: false, ...request })),
		lineOf: (requestId) =>
			eventually(`a log line for ${requestId}`, () =>
				logLines(server).find((line) => line.msg === 'request' && line.request === requestId),
			) as Promise<RequestLine & Record<string, unknown>>,
		metrics: async () => readMetrics(await (await fetch(`${server.url}/metrics`)).text()),
	}
}

function message(content: string, at: number): object {
	return { role: at % 2 === 0 ? 'user' : 'assistant', content }
}

/** All that was logged so far, as objects. */
export function logLines(server: TestServer): readonly Record<string, unknown>[] {
	return server
		.log()
		.split('\n')
		.flatMap((line) =>
			line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : [],
		)
}

export async function readAnswer(response: Response): Promise<Answer> {
	const body = await response.bytes()
	const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
	const facts = {
		status: response.status,
		headers: response.headers,
		requestId: response.headers.get('x-request-id') ?? '',
		body,
	}
	if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
		const { error, choices } = JSON.parse(text) as { error?: AnswerError; choices?: readonly AnswerChoice[] }
		const content = choices?.[0]?.message?.content ?? ''
		return { ...facts, data: [], error, text: content, chunks: 1 }
	}
	const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, value = '']) => value)
	const events = data.flatMap((value) => (value === '[DONE]' ? [] : [JSON.parse(value) as AnswerEvent]))
	const chunks = events.flatMap(({ choices }) => choices?.[0]?.delta?.content || [])
	return {
		...facts,
		data,
		chunks: chunks.length,
		error: events.find(({ error }) => error !== undefined)?.error,
		text: chunks.join(''),
	}
}

interface AnswerChoice {
	readonly message?: { readonly content?: string | null }
	readonly delta?: { readonly content?: string | null }
}

interface AnswerEvent {
	readonly error?: AnswerError
	readonly choices?: readonly AnswerChoice[]
}

export function readMetrics(text: string): ReadonlyMap<string, number> {
	return new Map(
		text
			.split('\n')
			.filter((line) => line !== '' && !line.startsWith('#'))
			.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
	)
}

/**
 * The first value that `find` returns.
 *
 * @throws Error after `withinMs` milliseconds.
 */
export async function eventually<Value>(
	description: string,
	find: () => Value | undefined | false | Promise<Value | undefined | false>,
	withinMs = 5000,
): Promise<Value> {
	const untilMs = performance.now() + withinMs
	for (;;) {
		const found = await find()
		if (found !== undefined && found !== false) return found
		if (performance.now() > untilMs) throw new Error(`there was no ${description} within ${withinMs} ms`)
		await Bun.sleep(10)
	}
}
