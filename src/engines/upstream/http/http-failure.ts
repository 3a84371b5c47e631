// Failures of an HTTP exchange, with how much of the request was sent. An error status is not a failure: it is a
// response like any other.

export type HttpFailureReason =
	/** No connection: connection refused, unknown host, missing socket, or no network route. */
	| 'unreachable'
	/** No connection: this process has no file descriptor left. Not a failure of the server. */
	| 'no-descriptors'
	/** No connection: the proxy failed, or cannot reach the server. */
	| 'proxy'
	/** No connection: the proxy rejected its credentials or does not permit the server, which an operator must correct. */
	| 'proxy-refused'
	/** The TLS handshake failed, or the server's certificate was rejected. */
	| 'tls'
	/** The connection was closed before the response was complete. */
	| 'cut'
	/** The response is not HTTP/1.1, or is ambiguous. */
	| 'protocol'
	/** The response is larger than the reader's limit. */
	| 'too-large'
	| 'connect-timeout'
	| 'first-byte-timeout'
	| 'quiet-timeout'
	| 'total-timeout'
	/** The caller's signal was aborted, or the client was closed. */
	| 'aborted'

export interface HttpFailureDetails {
	/**
	 * `nothing`: no byte of the request was sent. `maybe`: some bytes were sent. `yes`: the server started its response.
	 */
	readonly sent: 'nothing' | 'maybe' | 'yes'
	readonly cause?: unknown
}

export class HttpFailure extends Error {
	override readonly name = 'HttpFailure'
	readonly reason: HttpFailureReason
	readonly sent: HttpFailureDetails['sent']

	constructor(reason: HttpFailureReason, message: string, { sent, cause }: HttpFailureDetails) {
		super(message, cause === undefined ? undefined : { cause })
		this.reason = reason
		this.sent = sent
	}
}
