// Which failures of an upstream permit another attempt, and which of several the caller gets. It does not know upstreams.

import type { ChatError, ChatErrorKind } from '../chat/error.ts'
import { closingCode } from '../engines/running-calls.ts'

/** The upstream's wire cannot express the request; another one's may. */
export function isRefusal({ kind, sent }: ChatError): boolean {
	return kind === 'unsupported' && sent === 'nothing'
}

/** Failures of the upstream rather than of the request, least informative first. */
const upstreamFailures: readonly ChatErrorKind[] = [
	'unavailable',
	'upstream-failed',
	'upstream-timeout',
	'overloaded',
	'rate-limited',
]

/** @param unsure whether to retry if the upstream may already have processed the request. */
export function mayTryAgain({ kind, sent, code }: ChatError, unsure: boolean): boolean {
	return code !== closingCode && upstreamFailures.includes(kind) && (sent === 'nothing' || unsure)
}

/**
 * Whether a retry on the same upstream can succeed. It would fail again after a timeout or a lasting failure, such as a
 * rejected key.
 */
export function mayRecover({ kind, sent, code, lasting }: ChatError): boolean {
	if (kind === 'upstream-timeout' || lasting) return false
	return kind !== 'upstream-failed' || (sent === 'maybe' && code === undefined)
}

/** The failure that is reported to the caller. */
export function moreInformative(before: ChatError | undefined, now: ChatError): ChatError {
	if (before === undefined) return now
	return upstreamFailures.indexOf(before.kind) > upstreamFailures.indexOf(now.kind) ? before : now
}
