// Reads the error response of an upstream as a `ChatError`: OpenAI's form and the ones observed from other servers,
// which agree on statuses and on little else. It does not know which engine received the response. Responsibility is
// translated: the operator, not the caller, must fix a key or model that the upstream rejects.

import { ChatError, type ChatErrorDetails, type ChatErrorKind, refusedKeyCode, type Sent } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import { QuotingError } from '../../chat/quoting-error.ts'
import type { Rest } from '../../chat/rest.ts'
import { field, textField } from './fields.ts'
import { promptLimitCodes, readTokenLimit, type TokenLimit } from './token-limit.ts'

export interface ErrorReading {
	/** The upstream's name for callers, at the start of a sentence: `The upstream`. */
	readonly title: string
	/**
	 * The upstream is our own engine: its messages are for the caller, and `x-dragoman-error` or `error.kind` names the
	 * kind.
	 */
	readonly trusted: boolean
	/** Removes secrets from a text: some servers repeat the key that they reject. If absent, texts are left unchanged. */
	readonly redact?: (text: string) => string
	/** Reads the fields of the error object that only its wire has. */
	readonly readRest?: ((error: unknown) => Rest | undefined) | undefined
}

export interface HeaderLookup {
	get(name: string): string | null | undefined
}

export interface ErrorAnswer {
	readonly status: number
	/** Looked up by lower-case name. */
	readonly headers: HeaderLookup
	/** The parsed value if the body was JSON, otherwise its text. */
	readonly body: unknown
	readonly receivedAtMs: number
}

/** Reads a unary response whose status or body reports an error. */
export function readErrorAnswer(answer: ErrorAnswer, reading: ErrorReading): ChatError {
	const reported = readErrorFields(answer.body, reading)
	const named = reading.trusted ? ownKind(answer.headers.get('x-dragoman-error')) : undefined
	const retryAfterMs = readRetryAfter(answer.headers, answer.receivedAtMs)
	const status = answer.status >= 400 ? answer.status : (reported.status ?? 500)
	return makeError(reported, reading, {
		status,
		answered: answer.status >= 400 || reported.status !== undefined ? undefined : answer.status,
		named,
		sent: named === undefined ? sentAtStatus(status) : sentAtKind[named],
		retryAfterMs,
	})
}

/** The `error` of an event within a stream, or the event itself if the stream marks it as an error. */
export function readErrorEvent(event: unknown, reading: ErrorReading): ChatError {
	const reported = readErrorFields(event, reading)
	const named = reading.trusted ? ownKind(field(reported.error, 'kind')) : undefined
	return makeError(reported, reading, { status: reported.status ?? 500, named, sent: 'yes' })
}

/** The error of a stream that ended before its answer was complete. */
export function interrupted(title: string): ChatError {
	return new ChatError('upstream-failed', `${title} ended its answer before it was complete.`, { sent: 'yes' })
}

interface ErrorFields {
	readonly error: unknown
	readonly message: string | undefined
	readonly param: string | undefined
	readonly code: string | undefined
	/** Some servers send the status as a numeric `code`. */
	readonly status: number | undefined
}

const maxMessageLength = 2000

/** OpenAI's `{error: {…}}`, and other observed forms: a string as `error`, the bare fields, FastAPI's `detail`. */
function readErrorFields(body: unknown, { redact = (text) => text }: ErrorReading): ErrorFields {
	const wrapped = field(body, 'error')
	const error = wrapped === undefined || wrapped === null ? body : wrapped
	const code = field(error, 'code')
	const message =
		typeof error === 'string' ? error : (textField(error, 'message') ?? readDetail(field(error, 'detail')))
	return {
		error,
		message: message === undefined ? undefined : redact(message).slice(0, maxMessageLength),
		param: redacted(textField(error, 'param'), redact),
		code: typeof code === 'string' && code !== '' ? redact(code) : undefined,
		status: typeof code === 'number' ? code : undefined,
	}
}

function redacted(text: string | undefined, redact: (text: string) => string): string | undefined {
	return text === undefined ? undefined : redact(text)
}

function readDetail(detail: unknown): string | undefined {
	if (typeof detail === 'string') return detail
	const [first] = Array.isArray(detail) ? detail : [detail]
	return isObject(first) ? (textField(first, 'msg') ?? textField(first, 'message')) : undefined
}

interface ErrorFacts extends ChatErrorDetails {
	/** That of the error: 500 if the upstream reports it with a status that is not an error's, without another one. */
	readonly status: number
	/** The status of the response, if it is not an error's. */
	readonly answered?: number | undefined
	/** The kind, if our own engine named it. */
	readonly named: ChatErrorKind | undefined
}

function makeError(
	reported: ErrorFields,
	reading: ErrorReading,
	{ status, answered, named, ...details }: ErrorFacts,
): ChatError {
	const own = named !== undefined
	const limit = own ? undefined : tokenLimitOf(reported, status)
	const kind = named ?? (limit === undefined ? kindOf(reported, status) : kindAtLimit[limit.type])
	const shown = own || callersFault.has(kind) ? reported : undefined
	return new ChatError(kind, shown?.message ?? describe(kind, answered ?? status, reading.title), {
		...details,
		param: limit?.type === 'output' ? 'max_tokens' : shown?.param,
		code: own ? shown?.code : codeOf(shown, status, limit),
		fittingTokens: limit?.type === 'output' ? limit.fits : undefined,
		rest: shown === undefined ? undefined : reading.readRest?.(shown.error),
		cause: own
			? undefined
			: new QuotingError(
					summaryOf(answered ?? status, reported),
					reported.message ?? reading.redact?.(JSON.stringify(reported.error) ?? '')?.slice(0, maxMessageLength) ?? '',
				),
	})
}

const refusedKey: ReadonlySet<number> = new Set([401, 402, 403, 407])
const unknownPath: ReadonlySet<number> = new Set([404, 405, 410])
const overloadedCodes: ReadonlySet<string> = new Set([
	'server_is_overloaded',
	'slow_down',
	'overloaded_error',
	'engine_overloaded',
])

const kindAtStatus: Readonly<Record<number, ChatErrorKind>> = {
	400: 'invalid-request',
	408: 'upstream-timeout',
	409: 'unavailable',
	413: 'too-large',
	422: 'invalid-request',
	429: 'rate-limited',
	501: 'unsupported',
	503: 'unavailable',
	504: 'upstream-timeout',
	524: 'upstream-timeout',
	529: 'overloaded',
}

function kindOf(reported: ErrorFields, status: number): ChatErrorKind {
	if (reported.code !== undefined && overloadedCodes.has(reported.code)) return 'overloaded'
	return kindAtStatus[status] ?? 'upstream-failed'
}

const kindAtLimit: Readonly<Record<TokenLimit['type'], ChatErrorKind>> = {
	prompt: 'context-length-exceeded',
	output: 'invalid-request',
}

/**
 * Statuses with which servers reject a request that exceeds a token limit. Some send 500, and so do errors within a
 * stream.
 */
const limitStatuses: ReadonlySet<number> = new Set([400, 413, 422, 500])

/**
 * The message comes before the code: OpenAI's servers send `context_length_exceeded` for a `max_tokens` that is too
 * large as well.
 */
function tokenLimitOf({ message, code, error }: ErrorFields, status: number): TokenLimit | undefined {
	const limit = message === undefined || !limitStatuses.has(status) ? undefined : readTokenLimit(message)
	if (limit !== undefined) return limit
	const named = [code, textField(error, 'type')].some((name) => name !== undefined && promptLimitCodes.has(name))
	return named ? { type: 'prompt' } : undefined
}

function codeOf(shown: ErrorFields | undefined, status: number, limit: TokenLimit | undefined): string | undefined {
	if (refusedKey.has(status)) return refusedKeyCode
	if (limit === undefined) return shown?.code
	return limit.type === 'output' ? outputLimitCode : undefined
}

/** OpenAI's code for a `max_tokens` that is too large. */
const outputLimitCode = 'invalid_value'

/** Kinds for which the upstream's message is about the request and may be shown to the caller. */
const callersFault: ReadonlySet<ChatErrorKind> = new Set([
	'invalid-request',
	'context-length-exceeded',
	'unsupported',
	'too-large',
	'rate-limited',
])

function describe(kind: ChatErrorKind, status: number, title: string): string {
	if (refusedKey.has(status)) return `${title} rejected the gateway's credentials.`
	if (unknownPath.has(status)) return `${title} does not have the requested model or path.`
	if (kind === 'overloaded') return `${title} is overloaded.`
	if (kind === 'unavailable') return `${title} is temporarily unavailable.`
	if (kind === 'upstream-timeout') return `${title} took too long to respond.`
	if (status >= 300 && status < 400) return `${title} redirects to another URL (status ${status}).`
	if (status < 300) return `${title} reported an error with status ${status}.`
	return `${title} failed with status ${status}.`
}

const codeForm = /^[\w.-]{1,64}$/

/** The status and the code, without text that may quote the request. */
function summaryOf(status: number, { code }: ErrorFields): string {
	return code !== undefined && codeForm.test(code) ? `status ${status}, code ${code}` : `status ${status}`
}

/** A rejected request cost nothing. A failure may have happened during the work. */
function sentAtStatus(status: number): Sent {
	if (status === 501 || status === 503 || status === 529) return 'nothing'
	return status >= 400 && status < 500 && status !== 408 && status !== 499 ? 'nothing' : 'maybe'
}

/** Lists every kind, so that a new kind does not compile until it is handled here. */
const sentAtKind: Readonly<Record<ChatErrorKind, Sent>> = {
	'invalid-request': 'nothing',
	'context-length-exceeded': 'nothing',
	unsupported: 'nothing',
	'too-large': 'nothing',
	'request-timeout': 'nothing',
	unauthenticated: 'nothing',
	'invalid-key': 'nothing',
	forbidden: 'nothing',
	'model-not-found': 'nothing',
	'wrong-operation': 'nothing',
	'not-found': 'nothing',
	gone: 'nothing',
	'method-not-allowed': 'nothing',
	conflict: 'nothing',
	'rate-limited': 'nothing',
	overloaded: 'nothing',
	unavailable: 'nothing',
	'upstream-timeout': 'maybe',
	'upstream-failed': 'maybe',
	cancelled: 'maybe',
	internal: 'maybe',
}

/**
 * Kinds about the caller's permissions. From an engine behind this gateway they concern the gateway's own permissions
 * there.
 */
const aboutStanding: ReadonlySet<ChatErrorKind> = new Set(['unauthenticated', 'invalid-key', 'forbidden'])

function ownKind(name: unknown): ChatErrorKind | undefined {
	return isKind(name) && !aboutStanding.has(name) ? name : undefined
}

function isKind(name: unknown): name is ChatErrorKind {
	return typeof name === 'string' && Object.hasOwn(sentAtKind, name)
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
function readRetryAfter(headers: HeaderLookup, nowMs: number): number | undefined {
	const ms = readAmount(headers.get('retry-after-ms'))
	if (ms !== undefined) return ms
	const after = headers.get('retry-after')
	const seconds = readAmount(after)
	if (seconds !== undefined) return seconds * 1000
	const date = httpDate.test(after ?? '') ? Date.parse(after ?? '') : Number.NaN
	return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

/** The preferred form of RFC 9110, section 5.6.7. `Date.parse` alone interprets `-1` as a month. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

function readAmount(text: string | null | undefined): number | undefined {
	return typeof text === 'string' && /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined
}
