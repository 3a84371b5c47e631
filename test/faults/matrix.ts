// Faults of an upstream and their outcome: one row for each fault and kind of answer, with one upstream alone and with
// a healthy reserve. The test runs the table, which also documents the behavior of the gateway.

import type { ChatErrorKind } from '../../src/chat/error.ts'
import type { Script } from './scripted-upstream.ts'
import * as scripts from './scripts.ts'

/** Waits of the gateway in the matrix, in milliseconds. */
export const timeouts = { connectMs: 1000, firstByteMs: 500, betweenChunksMs: 500, totalMs: 2000 }
/** Largest answer that the gateway takes in the matrix. */
export const maxAnswerBytes = 1_048_576
/** Attempts of one request over all upstreams. */
export const attempts = 2
const beyondFirstByteMs = 5000
const fiftyMegabytes = 50_000_000

/** How one request ends. */
export type Outcome =
	/** A complete answer. */
	| { readonly type: 'answered'; readonly by: 'first' | 'second'; readonly text: string }
	/** An error instead of an answer. */
	| {
			readonly type: 'refused'
			readonly status: number
			readonly kind: ChatErrorKind
			readonly code: string | null
			readonly retryAfterSeconds?: number
	  }
	/** A stream that ends with one error event. */
	| { readonly type: 'broken'; readonly text: string; readonly kind: ChatErrorKind; readonly code: string }

export interface Expected {
	readonly outcome: Outcome
	/** How each try on the first upstream ended: in order, all alike. */
	readonly tries: number
	readonly tried: ChatErrorKind | 'answered'
	/** The failures count against the first upstream: as many as there were tries open its breaker. */
	readonly held: boolean
	/** An error line informs the operator. */
	readonly alarm?: true
}

export interface Row {
	readonly fault: string
	/** Undefined for a port without a listener. */
	readonly script: Script | undefined
	readonly stream: boolean
	/** Expensive enough to delay other cells. */
	readonly heavy: boolean
	readonly alone: Expected
	readonly withReserve: Expected
}

/** The fault occurs before the first byte is sent to the client: the reserve is used. */
interface BeforeFirstByte {
	readonly status: number
	readonly kind: ChatErrorKind
	readonly code: string | null
	/** On a single upstream: 2 if the same one may be retried. */
	readonly tries: 1 | 2
	readonly held: boolean
	readonly retryAfterSeconds?: number
	readonly alarm?: true
}

type Cells = Pick<Row, 'alone' | 'withReserve'>

function beforeFirstByte({ tries, held, alarm, ...refusal }: BeforeFirstByte): Cells {
	const health = { held, tried: refusal.kind, ...(alarm === undefined ? {} : { alarm }) }
	return {
		alone: { outcome: { type: 'refused', ...refusal }, tries, ...health },
		withReserve: { outcome: { type: 'answered', by: 'second', text: scripts.answerText }, tries: 1, ...health },
	}
}

/** The caller's fault: no other upstream is tried, and the upstream counts as healthy. */
function callers(status: number, kind: ChatErrorKind, code: string | null = null): Cells {
	const expected: Expected = { outcome: { type: 'refused', status, kind, code }, tries: 1, tried: kind, held: false }
	return { alone: expected, withReserve: expected }
}

/** The fault shows in the middle of a stream: too late for anybody else. */
function afterFirstByte(text: string, kind: 'upstream-failed' | 'upstream-timeout'): Cells {
	const code = kind === 'upstream-failed' ? 'upstream_error' : 'upstream_timeout'
	const expected: Expected = { outcome: { type: 'broken', text, kind, code }, tries: 1, tried: 'answered', held: true }
	return { alone: expected, withReserve: expected }
}

/** No fault that a client could see. */
function served(text = scripts.answerText): Cells {
	const outcome: Outcome = { type: 'answered', by: 'first', text }
	const expected: Expected = { outcome, tries: 1, tried: 'answered', held: false }
	return { alone: expected, withReserve: expected }
}

/** 503: no listener. */
const absent = beforeFirstByte({ status: 503, kind: 'unavailable', code: 'model_unavailable', tries: 2, held: true })
/** 502: an upstream that failed, and may fail otherwise the second time. */
const failed = beforeFirstByte({ status: 502, kind: 'upstream-failed', code: 'upstream_error', tries: 2, held: true })
/** 502: an upstream that failed in the middle of its work. */
const failedWorking = beforeFirstByte({
	status: 502,
	kind: 'upstream-failed',
	code: 'upstream_error',
	tries: 1,
	held: true,
})
const garbage = beforeFirstByte({
	status: 502,
	kind: 'upstream-failed',
	code: 'upstream_garbage',
	tries: 1,
	held: true,
})
/** 504: one that was silent would be so again. */
const timedOut = beforeFirstByte({
	status: 504,
	kind: 'upstream-timeout',
	code: 'upstream_timeout',
	tries: 1,
	held: true,
})
/** 502, and an alarm: only the operator can mend it. */
const keyRefused = beforeFirstByte({
	status: 502,
	kind: 'upstream-failed',
	code: 'upstream_credentials_refused',
	tries: 1,
	held: true,
	alarm: true,
})
const unknownPath = failedWorking
const limited = { status: 429, kind: 'rate-limited', code: 'rate_limit_exceeded', held: false } as const
const overloaded = { status: 503, kind: 'overloaded', code: 'server_is_overloaded', held: false } as const
const unavailable = { status: 503, kind: 'unavailable', code: 'model_unavailable', held: true } as const

type Fault = readonly [name: string, script: Script | undefined, unary: Cells, stream: Cells, weight?: 'heavy']

const faults: readonly Fault[] = [
	['healthy', scripts.healthy(), served(), served()],
	['refused', undefined, absent, absent],
	['accepted then silent', scripts.silent, timedOut, timedOut],
	['reset before headers', scripts.resetBeforeHeaders, failed, failed],
	['reset after headers', scripts.resetAfterHeaders, failedWorking, failedWorking],
	['reset mid-stream', scripts.resetMidStream, failedWorking, afterFirstByte('one two', 'upstream-failed')],
	['cut mid-event', scripts.cutMidEvent, failedWorking, afterFirstByte('one two', 'upstream-failed')],
	['cut between events', scripts.cutBetweenEvents, failedWorking, afterFirstByte('one two', 'upstream-failed')],
	['ends early', scripts.endsBeforeFinish, failedWorking, afterFirstByte('one two', 'upstream-failed')],
	['slow headers', scripts.slowHeaders(beyondFirstByteMs), timedOut, timedOut],
	['slow headers, in time', scripts.slowHeaders(200), served(), served()],
	['slow first token', scripts.slowBody(beyondFirstByteMs), timedOut, timedOut],
	['slow first token, in time', scripts.slowBody(200), served(), served()],
	['stall mid-stream', scripts.stallsMidStream, timedOut, afterFirstByte('one two', 'upstream-timeout')],
	['not HTTP', scripts.notHttp, failed, failed],
	['a web page', scripts.webPage, failedWorking, failedWorking],
	['garbage as first event', scripts.garbageEvent(''), failedWorking, garbage],
	['invalid UTF-8', scripts.invalidUtf8, served('one tw\uFFFD three'), served('one tw\uFFFD three')],
	// A stream is whole with its [DONE], whatever was promised.
	['content-length too long', scripts.wrongLength(10), failedWorking, served()],
	[
		'content-length too short',
		scripts.wrongLength(-scripts.bytesAfterTwoEvents),
		failedWorking,
		afterFirstByte('one two', 'upstream-failed'),
	],
	['gzip', scripts.compressed, failed, failed],
	['200 with an error', scripts.errorWithStatus200, failedWorking, failedWorking],
	['an error mid-stream', scripts.errorMidStream, timedOut, afterFirstByte('one two', 'upstream-failed')],
	['400', scripts.refuses(400, 'bad'), callers(400, 'invalid-request'), callers(400, 'invalid-request')],
	['401', scripts.refuses(401, 'bad key'), keyRefused, keyRefused],
	['403', scripts.refuses(403, 'not yours'), keyRefused, keyRefused],
	['404', scripts.refuses(404, 'no such model'), unknownPath, unknownPath],
	['408', scripts.refuses(408, 'too slow'), timedOut, timedOut],
	['413', scripts.refuses(413, 'too much'), callers(413, 'too-large'), callers(413, 'too-large')],
	['422', scripts.refuses(422, 'odd'), callers(400, 'invalid-request'), callers(400, 'invalid-request')],
	[
		'429',
		scripts.refuses(429, 'slow down'),
		beforeFirstByte({ ...limited, tries: 2 }),
		beforeFirstByte({ ...limited, tries: 2 }),
	],
	[
		'429 with Retry-After',
		scripts.refuses(429, 'slow down', { 'retry-after': '7' }),
		beforeFirstByte({ ...limited, tries: 1, retryAfterSeconds: 7 }),
		beforeFirstByte({ ...limited, tries: 1, retryAfterSeconds: 7 }),
	],
	['500', scripts.refuses(500, 'oops'), failed, failed],
	['502', scripts.refuses(502, 'oops'), failed, failed],
	[
		'503',
		scripts.refuses(503, 'busy'),
		beforeFirstByte({ ...unavailable, tries: 2 }),
		beforeFirstByte({ ...unavailable, tries: 2 }),
	],
	[
		'503 with Retry-After',
		scripts.refuses(503, 'busy', { 'retry-after': '9' }),
		beforeFirstByte({ ...unavailable, tries: 1, retryAfterSeconds: 9 }),
		beforeFirstByte({ ...unavailable, tries: 1, retryAfterSeconds: 9 }),
	],
	['504', scripts.refuses(504, 'too slow'), timedOut, timedOut],
	[
		'529',
		scripts.refuses(529, 'busy'),
		beforeFirstByte({ ...overloaded, tries: 2 }),
		beforeFirstByte({ ...overloaded, tries: 2 }),
	],
	['redirect', scripts.refuses(307, 'elsewhere', { location: '/redirected/v1' }), failed, failed],
	['endless trickle', scripts.endless(20, 1), timedOut, afterFirstByte(' more', 'upstream-timeout')],
	['endless', scripts.endless(1, 16_384), failedWorking, afterFirstByte(' more', 'upstream-timeout'), 'heavy'],
	['50 MB', scripts.large(fiftyMegabytes), failedWorking, failedWorking, 'heavy'],
]

export const matrix: readonly Row[] = faults.flatMap(([fault, script, unary, stream, weight]) => [
	{ fault, script, stream: false, heavy: weight === 'heavy', ...unary },
	{ fault, script, stream: true, heavy: weight === 'heavy', ...stream },
])
