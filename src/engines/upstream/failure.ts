// What a failed exchange with an upstream means to whoever asked: kinds of errors, and what they prove was sent.

import { ChatError, type ChatErrorKind, descriptorsCode } from '../../chat/error.ts'
import { cancelled, closing } from '../running-calls.ts'
import { HttpFailure, type HttpFailureReason } from './http/http-failure.ts'

interface Meaning {
	readonly kind: ChatErrorKind
	readonly message: string
	readonly code?: string
	readonly retryAfterMs?: number
}

const meanings: Readonly<Record<Exclude<HttpFailureReason, 'aborted' | 'cut'>, Meaning>> = {
	unreachable: { kind: 'unavailable', message: 'The upstream cannot be reached.' },
	'no-descriptors': {
		kind: 'unavailable',
		message: 'The server cannot open more connections at the moment.',
		code: descriptorsCode,
		retryAfterMs: 1000,
	},
	tls: { kind: 'unavailable', message: 'The upstream cannot be reached safely.' },
	protocol: { kind: 'upstream-failed', message: 'The upstream sent something that is no answer.' },
	'too-large': { kind: 'upstream-failed', message: 'The answer of the upstream is too large.' },
	'connect-timeout': { kind: 'unavailable', message: 'The upstream cannot be reached in time.' },
	'first-byte-timeout': { kind: 'upstream-timeout', message: 'The upstream did not begin to answer in time.' },
	'quiet-timeout': { kind: 'upstream-timeout', message: 'The upstream stood still in the middle of its answer.' },
	'total-timeout': { kind: 'upstream-timeout', message: 'The upstream took too long to answer.' },
}

/** A request that could not be sent since this process has no file descriptor left. */
export function outOfDescriptors(cause: unknown): ChatError {
	const { kind, message, code, retryAfterMs } = meanings['no-descriptors']
	return new ChatError(kind, message, {
		cause,
		sent: 'nothing',
		...(code === undefined ? {} : { code }),
		...(retryAfterMs === undefined ? {} : { retryAfterMs }),
	})
}

/** @param isClosing the engine is being closed, so what was given up was not the caller's doing. */
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
	const { kind, message, ...details } = meanings[reason]
	return new ChatError(kind, message, { ...details, cause: thrown, sent })
}

function explainCut(cause: HttpFailure): ChatError {
	const { sent } = cause
	if (sent === 'nothing') return new ChatError('unavailable', 'The upstream cannot be reached.', { cause, sent })
	const where = sent === 'yes' ? 'in the middle of its answer' : 'without an answer'
	return new ChatError('upstream-failed', `The upstream ended the connection ${where}.`, { cause, sent })
}
