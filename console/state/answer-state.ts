// What an answer is doing, and how it ended.

import type { ResponseObject } from '../api/responses.ts'

/** Why an answer failed. */
export interface AnswerFailure {
	readonly kind:
		| 'limit'
		| 'overloaded'
		| 'unavailable'
		| 'not-reached'
		| 'broke-off'
		| 'restarted'
		| 'too-long'
		| 'no-model'
		| 'other'
	/** The server's own words. */
	readonly message: string
	readonly requestId?: string | undefined
}

/** Why a question is not sent yet. It is sent as soon as the reason ends. */
export type UnsentReason =
	| { readonly type: 'offline' | 'unreachable' }
	| { readonly type: 'limit' | 'overloaded'; readonly untilMs: number }

export type AnswerState =
	| { readonly type: 'sending' }
	| { readonly type: 'unsent'; readonly reason: UnsentReason }
	| { readonly type: 'waiting' }
	| { readonly type: 'streaming' }
	/** The connection broke; the answer continues on the server. */
	| { readonly type: 'detached'; readonly sinceMs: number }
	/** Events that were missed arrive; they are shown together. */
	| { readonly type: 'catching-up'; readonly sinceMs: number }
	| { readonly type: 'done'; readonly end: 'stop' | 'length' | 'filter' }
	| { readonly type: 'stopped' }
	| { readonly type: 'failed'; readonly failure: AnswerFailure }

export const runningStates: ReadonlySet<string> = new Set<AnswerState['type']>([
	'sending',
	'unsent',
	'waiting',
	'streaming',
	'detached',
	'catching-up',
])

export function endState(
	{ status, error, incomplete_details }: ResponseObject,
	errorCode: string | undefined,
): AnswerState {
	if (status === 'cancelled') return { type: 'stopped' }
	if (status === 'failed') {
		const message = error?.message ?? ''
		return { type: 'failed', failure: { kind: failureKind(errorCode ?? error?.code, message), message } }
	}
	if (status === 'incomplete')
		return { type: 'done', end: incomplete_details?.reason === 'content_filter' ? 'filter' : 'length' }
	return { type: 'done', end: 'stop' }
}

/** @param code as events of the Responses API or stored turns contain it. */
export function failureKind(code: string | undefined, message: string): AnswerFailure['kind'] {
	if (code === 'context_length_exceeded' || code === 'context-length-exceeded') return 'too-long'
	if (code === 'model_not_found' || code === 'model-not-found') return 'no-model'
	if (code === 'rate_limit_exceeded' || code === 'rate-limited') return 'limit'
	if (code === 'server_is_overloaded' || code === 'overloaded') return 'overloaded'
	return /server (was )?(stopped|restarted)/i.test(message) ? 'restarted' : 'broke-off'
}
