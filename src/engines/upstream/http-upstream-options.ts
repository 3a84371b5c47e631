// What a client of an upstream's HTTP API is opened with, and the defaults. It does not know which options an operator
// can set (options.ts).

import type { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { HttpProxy } from '../../http/proxy.ts'
import type { Clock } from '../../system/clock.ts'
import type { ErrorAnswer, ErrorReading } from '../../wire/json/upstream-error.ts'
import type { HttpTimeouts, TlsOptions } from './http/http-client.ts'

export interface HttpUpstreamOptions {
	/**
	 * Base URL. Its path is prepended to every path, and its query and credentials are sent with every request. With a
	 * Unix socket, its host is only sent in the `host` header.
	 */
	readonly url: string
	/** Absolute path of a Unix socket to connect to instead of the URL's host. */
	readonly unixSocket?: string
	/** Proxy to connect through. Not permitted with a Unix socket. */
	readonly proxy?: HttpProxy
	readonly tls?: TlsOptions
	/** Headers that the wire format requires, including credentials, by lower-case name. */
	readonly wireHeaders: Readonly<Record<string, string>>
	/** Sent with every request. They override all other headers. */
	readonly headers?: Readonly<Record<string, string>>
	/** Redacted in all text from the server. */
	readonly secrets?: readonly string[]
	/** Fields of every body. They override the fields of the request. */
	readonly body?: JsonObject
	/** Fields to remove from the body of every request. Removed ones are reported. */
	readonly deny?: readonly string[]
	/** True for our own engine process: its error messages are safe for the caller. */
	readonly trusted?: boolean
	/** Reads an error response. Default: OpenAI's format. */
	readonly readError?: (answer: ErrorAnswer, reading: ErrorReading) => ChatError
	/** As in `ErrorReading`. */
	readonly readErrorRest?: ErrorReading['readRest']
	readonly timeouts?: Partial<HttpTimeouts>
	/** Maximum size of a unary response, and of one event of a streaming response, in bytes. */
	readonly maxAnswerBytes?: number
	readonly clock: Clock
	/** Called for problems that only the operator can fix, at most once a minute. */
	readonly alarm?: (message: string) => void
	/** Called when a request could not be sent because this process has no file descriptor left. */
	readonly outOfDescriptors?: () => void
}

export const defaultTimeouts: HttpTimeouts = {
	connectMs: 5000,
	firstByteMs: 300_000,
	betweenChunksMs: 120_000,
	totalMs: 3_600_000,
}

export const defaultMaxAnswerBytes = 33_554_432
