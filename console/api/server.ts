// Requests to the server's API. It uses OpenAI's dialect by its prefix, whatever dialect the key or the configuration selects.

import { root } from '../state/route.ts'
import { rejectKey, session } from '../state/session.ts'

/** The server rejected a request. */
export class ServerError extends Error {
	readonly status: number
	readonly code: string | undefined
	readonly retryAfterMs: number | undefined
	readonly requestId: string | undefined

	constructor(message: string, response: Response, code: string | undefined) {
		super(message)
		this.status = response.status
		this.code = code
		this.retryAfterMs = readRetryAfter(response.headers.get('retry-after'))
		this.requestId = response.headers.get('x-request-id') ?? undefined
	}
}

/** No answer arrived, or it ended before it was complete. */
export class ConnectionLost extends Error {}

export interface CallOptions {
	readonly method?: 'GET' | 'POST' | 'DELETE'
	/** Sent as JSON. */
	readonly body?: unknown
	readonly headers?: Readonly<Record<string, string>>
	readonly signal?: AbortSignal | undefined
	/** The key to use instead of the session's. */
	readonly key?: string
	/** The dialect's prefix, if not OpenAI's. */
	readonly dialect?: 'opengatellm'
}

/**
 * @param path below `/openai/v1/`, or below the prefix of `dialect`, with its query.
 * @throws ServerError | ConnectionLost, or an AbortError by the signal.
 */
export async function callServer(path: string, options: CallOptions = {}): Promise<Response> {
	const key = options.key ?? session.value.key
	const headers = new Headers({ ...options.headers, authorization: `Bearer ${key}` })
	if (options.body !== undefined) headers.set('content-type', 'application/json')
	const response = await fetch(new URL(`${options.dialect ?? 'openai'}/v1/${path}`, root), {
		method: options.method ?? 'GET',
		headers,
		body: options.body === undefined ? null : JSON.stringify(options.body),
		signal: options.signal ?? null,
		// A reload of a conversation must not show an older state.
		cache: 'no-store',
	}).catch((failure: unknown) => {
		throw isAbort(failure) ? failure : new ConnectionLost('The server cannot be reached.', { cause: failure })
	})
	if (response.ok) return response
	if (response.status === 401 && options.key === undefined) rejectKey(key)
	const { message, code } = readError(await response.json().catch(() => undefined))
	throw new ServerError(message ?? `The server answered with status ${response.status}.`, response, code)
}

/** @throws ConnectionLost if the response is not JSON, as from a proxy that does not forward the address. */
export async function callJson<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
	const response = await callServer(path, options)
	return response.json().catch((failure: unknown) => {
		throw isAbort(failure) ? failure : new ConnectionLost('The response is not JSON.', { cause: failure })
	})
}

/** Whether the server does not accept the key. */
export const isKeyRefused = (failure: unknown): boolean => failure instanceof ServerError && failure.status === 401

export const isAbort = (failure: unknown): boolean => failure instanceof DOMException && failure.name === 'AbortError'

function readError(body: unknown): { readonly message?: string; readonly code?: string } {
	const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
	if (typeof error === 'string') return { message: error }
	if (typeof error !== 'object' || error === null) return {}
	return {
		...('message' in error && typeof error.message === 'string' ? { message: error.message } : {}),
		...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
	}
}

function readRetryAfter(value: string | null): number | undefined {
	const seconds = Number(value ?? Number.NaN)
	return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}
