// Maps failed HTTP exchanges with an upstream to errors for the caller: the kind, and how much of the request was sent.

import { ChatError, type ChatErrorKind, descriptorsCode } from '../../chat/error.ts'
import { cancelled, closing } from '../running-calls.ts'
import { HttpFailure, type HttpFailureReason } from './http/http-failure.ts'

interface FailureMeaning {
	readonly kind: ChatErrorKind
	readonly message: string
	readonly code?: string
	readonly retryAfterMs?: number
	/** No connection could be established, unless some of the request was sent. */
	readonly unreached?: true
}

const meanings: Readonly<Record<Exclude<HttpFailureReason, 'aborted' | 'cut'>, FailureMeaning>> = {
	unreachable: { kind: 'unavailable', message: 'The upstream cannot be reached.', unreached: true },
	'no-descriptors': {
		kind: 'unavailable',
		message: 'The server cannot open more connections at the moment.',
		code: descriptorsCode,
		retryAfterMs: 1000,
	},
	proxy: { kind: 'unavailable', message: 'The upstream cannot be reached through its proxy.', unreached: true },
	'proxy-refused': {
		kind: 'unavailable',
		message: 'The proxy of the upstream refused the connection.',
		unreached: true,
	},
	tls: { kind: 'unavailable', message: 'The TLS connection to the upstream failed.', unreached: true },
	protocol: { kind: 'upstream-failed', message: 'The upstream returned an invalid response.' },
	'too-large': { kind: 'upstream-failed', message: 'The response of the upstream is too large.' },
	'connect-timeout': { kind: 'unavailable', message: 'The connection to the upstream timed out.', unreached: true },
	'first-byte-timeout': { kind: 'upstream-timeout', message: 'The upstream did not start its response in time.' },
	'quiet-timeout': { kind: 'upstream-timeout', message: 'The upstream stalled in the middle of its response.' },
	'total-timeout': { kind: 'upstream-timeout', message: 'The upstream took too long to respond.' },
}

/** The error of a request that could not be sent because this process has no file descriptor left. */
export function outOfDescriptors(cause: unknown): ChatError {
	const { kind, message, code, retryAfterMs } = meanings['no-descriptors']
	return new ChatError(kind, message, {
		cause,
		sent: 'nothing',
		code,
		retryAfterMs,
	})
}

/** @param isClosing true if the engine is being closed: an aborted exchange was then not aborted by the caller. */
export function explainFailure(thrown: unknown, isClosing: boolean): ChatError {
	if (thrown instanceof ChatError) return thrown
	if (!(thrown instanceof HttpFailure))
		return new ChatError('internal', 'The server had an error while processing your request.', {
			cause: thrown,
			sent: 'maybe',
		})
	const { reason, sent } = thrown
	if (reason === 'aborted') return isClosing ? closing() : cancelled(sent)
	if (reason === 'cut') return explainCut(thrown)
	const { kind, message, code, retryAfterMs, unreached } = meanings[reason]
	return new ChatError(kind, message, {
		cause: thrown,
		sent,
		code,
		retryAfterMs,
		// A proxy may fail after it forwarded the request.
		unreached: sent === 'nothing' ? unreached : undefined,
	})
}

function explainCut(cause: HttpFailure): ChatError {
	const { sent } = cause
	if (sent === 'nothing') return new ChatError('unavailable', 'The upstream cannot be reached.', { cause, sent })
	const when = sent === 'yes' ? 'in the middle of its response' : 'without a response'
	return new ChatError('upstream-failed', `The upstream closed the connection ${when}.`, { cause, sent })
}
