// What can go wrong between us and a server, told apart by how far the request had come. It knows no status codes: an answer that
// says "error" is an answer.

export type HttpFailureReason =
	/** No connection: nobody listens, no such host, no such socket, no way there. */
	| 'unreachable'
	/** No connection: this process has no file descriptor left. It says nothing of the server. */
	| 'no-descriptors'
	/** The server's certificate, or the talk about it, was refused. */
	| 'tls'
	/** The connection ended where it must not. */
	| 'cut'
	/** What arrived is not HTTP/1.1, or could be read in two ways. */
	| 'protocol'
	/** The answer is larger than its reader takes. */
	| 'too-large'
	| 'connect-timeout'
	| 'first-byte-timeout'
	| 'quiet-timeout'
	| 'total-timeout'
	/** The caller's signal, or the client was closed. */
	| 'aborted'

export interface HttpFailureDetails {
	/** `nothing`: no byte of the request left. `maybe`: some did. `yes`: the server began to answer. */
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
