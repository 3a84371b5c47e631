// The Responses API: starts an answer in the background, reads its events, reads them again from any event on, cancels it.

import { createParser } from 'eventsource-parser'
import { ConnectionLost, callJson, callServer, isAbort } from './server.ts'

/** The request of one answer. */
export interface AnswerRequest {
	readonly model: string
	readonly input: readonly unknown[]
	readonly metadata: Readonly<Record<string, string>>
	/** `new`, or the id of a conversation. */
	readonly conversation: string
	/** The message to continue from, `none` for the start of the conversation; by default the last one. */
	readonly parent?: string | undefined
	/** A turn's id: the new answer continues that turn's. `input` is empty, `parent` is not used. */
	readonly continues?: string | undefined
	/** Whether the oldest turns are left out if the conversation is too long for the model. */
	readonly shortened?: boolean | undefined
	/** Further fields of the request, such as `instructions` or `temperature`. */
	readonly options?: Readonly<Record<string, unknown>> | undefined
}

/** An event of a response, of which the page reads these fields. Those of the type `queue` are comments of the stream. */
export interface ResponseEvent {
	readonly type: string
	readonly sequence_number?: number
	readonly output_index?: number
	readonly content_index?: number
	readonly delta?: string
	readonly logprobs?: readonly {
		readonly token: string
		readonly logprob: number
		readonly top_logprobs?: readonly { readonly token: string; readonly logprob: number }[]
	}[]
	readonly item?: ResponseItem
	readonly part?: { readonly type: string; readonly text?: string; readonly refusal?: string }
	readonly response?: ResponseObject
	readonly message?: string
	readonly error?: { readonly message?: string; readonly code?: string | null }
	readonly code?: string | null
	/** Of `queue`: how many requests are ahead; undefined when the request does not wait any more. */
	readonly ahead?: number | undefined
}

export interface ResponseItem {
	readonly id?: string
	readonly type: string
	readonly name?: string
	readonly call_id?: string
	readonly arguments?: string
	readonly result?: string | null
	readonly content?: readonly { readonly type: string; readonly text?: string; readonly refusal?: string }[]
}

/** What is known about an answer besides its tokens. */
export interface AnswerMetricsObject {
	readonly cost?: number
	/** ISO 4217. */
	readonly currency?: string
	/** CO₂ equivalent. */
	readonly carbon_grams?: number
	readonly first_token_ms?: number
	readonly output_ms?: number
}

export interface ResponseObject {
	readonly id: string
	readonly model?: string
	readonly status: 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'
	readonly error?: { readonly code?: string; readonly message?: string } | null
	readonly incomplete_details?: { readonly reason?: string } | null
	readonly output: readonly ResponseItem[]
	readonly usage?: { readonly input_tokens: number; readonly output_tokens: number } | null
	readonly metrics?: AnswerMetricsObject | null
	/** Parts of the request that the upstream did not receive. */
	readonly dropped?: readonly string[]
	/** Number of the oldest messages that the upstream did not receive. */
	readonly truncated?: number
}

export interface StartedAnswer {
	/** Id of the turn: the response's is `resp_<turn>`. */
	readonly turn: string
	/** The conversation that contains the answer. */
	readonly conversation: string | undefined
	readonly events: AsyncGenerator<ResponseEvent, void>
}

/**
 * The answer continues on the server if the connection breaks, or the signal aborts.
 *
 * @throws ServerError | ConnectionLost
 */
export async function startAnswer(request: AnswerRequest, signal?: AbortSignal): Promise<StartedAnswer> {
	const { conversation, parent, continues, shortened, options, ...fields } = request
	const headers = new Headers()
	if (shortened === true) headers.set('x-dragoman-truncation', 'auto')
	if (continues === undefined) {
		headers.set('x-dragoman-conversation', conversation)
		if (parent !== undefined) headers.set('x-dragoman-parent', parent)
	}
	const truncation = shortened === true ? 'auto' : 'disabled'
	// Without input, the body must name what it continues.
	const before = fields.input.length === 0 ? { conversation } : {}
	const previous = continues === undefined ? before : { previous_response_id: `resp_${continues}`, truncation }
	const response = await callServer('responses', {
		method: 'POST',
		headers: Object.fromEntries(headers),
		body: { ...options, ...fields, ...previous, stream: true, background: true, store: true },
		signal,
	})
	const turn = response.headers.get('x-dragoman-stream')
	if (turn === null) throw new ConnectionLost('The response is not from this server.')
	return {
		turn,
		conversation: response.headers.get('x-dragoman-conversation') ?? undefined,
		events: readEvents(response),
	}
}

/**
 * The events after number `after` (-1 for all), including those that are still to be generated.
 *
 * @throws ServerError | ConnectionLost
 */
export async function readAnswer(
	id: string,
	after: number,
	signal?: AbortSignal,
): Promise<AsyncGenerator<ResponseEvent, void>> {
	const query = new URLSearchParams({ stream: 'true' })
	if (after >= 0) query.set('starting_after', String(after))
	return readEvents(await callServer(`responses/${id}?${query}`, { signal }))
}

/**
 * The tokens of a request's prompt, with the conversation that it continues.
 *
 * @throws ServerError | ConnectionLost
 */
export async function countInputTokens(
	request: {
		readonly model: string
		readonly input: readonly unknown[]
		readonly options?: Readonly<Record<string, unknown>>
		readonly conversation?: string | undefined
		readonly parent?: string | undefined
	},
	signal?: AbortSignal,
): Promise<number> {
	const { model, input, options, conversation, parent } = request
	const headers = new Headers()
	if (conversation !== undefined) {
		headers.set('x-dragoman-conversation', conversation)
		if (parent !== undefined) headers.set('x-dragoman-parent', parent)
	}
	const { input_tokens } = await callJson<{ readonly input_tokens: number }>('responses/input_tokens', {
		method: 'POST',
		headers: Object.fromEntries(headers),
		body: { ...options, model, input },
		signal,
	})
	return input_tokens
}

/** A stored response, with the fields of its request. */
export const readResponse = (id: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> =>
	callJson(`responses/${id}`, { signal })

/** @throws ServerError | ConnectionLost */
export const readAnswerStatus = async (id: string): Promise<ResponseObject['status']> =>
	(await callJson<ResponseObject>(`responses/${id}`)).status

export const cancelAnswer = async (id: string): Promise<void> => {
	await callServer(`responses/${id}/cancel`, { method: 'POST' })
}

const lastEvents: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** @throws ConnectionLost if the stream ends before the last event of the answer. */
async function* readEvents(response: Response): AsyncGenerator<ResponseEvent, void> {
	if (response.body === null) throw new ConnectionLost('The response has no body.')
	const reader = response.body
		.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, BufferSource>)
		.pipeThrough(eventParser())
		.getReader()
	try {
		for (;;) {
			const { done, value } = await reader.read().catch((failure: unknown) => {
				throw isAbort(failure) ? failure : new ConnectionLost('The connection broke off.', { cause: failure })
			})
			if (done) throw new ConnectionLost('The stream ended before the answer did.')
			if (value === '[DONE]') return
			yield value
			if (lastEvents.has(value.type)) return
		}
	} finally {
		void reader.cancel().catch(() => undefined)
	}
}

/** The events of a stream, those of its queue among them. */
function eventParser(): TransformStream<string, ResponseEvent | '[DONE]'> {
	let feed: (chunk: string) => void
	return new TransformStream({
		start(controller) {
			const parser = createParser({
				onEvent: ({ data }) => controller.enqueue(data === '[DONE]' ? data : (JSON.parse(data) as ResponseEvent)),
				onComment(comment) {
					const [, position] = /^x-dragoman-queue: (\d+|none)$/.exec(comment.trim()) ?? []
					if (position === undefined) return
					controller.enqueue({ type: 'queue', ahead: position === 'none' ? undefined : Number(position) })
				},
			})
			feed = (chunk) => parser.feed(chunk)
		},
		transform: (chunk) => feed(chunk),
	})
}
