// Converts errors that a provider package throws, or puts into its stream, to `ChatError`. Errors of the AI SDK contain
// the whole request, including prompts, so only the fields that are read here are passed on.

import { ChatError, type ChatErrorKind, refusedKeyCode, type Sent } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import { QuotingError } from '../../chat/quoting-error.ts'
import { countField, field, textField } from '../../wire/json/fields.ts'
import { type ErrorReading, readErrorAnswer, readErrorEvent } from '../../wire/json/upstream-error.ts'
import { outOfDescriptors } from '../upstream/failure.ts'
import { isOutOfDescriptors } from '../upstream/http/descriptors.ts'

export interface FailureReading extends ErrorReading {
	readonly redact: (text: string) => string
	readonly nowMs: number
}

/** Reads a failure before the response started. */
export function readFailure(thrown: unknown, reading: FailureReading): ChatError {
	if (thrown instanceof ChatError) return thrown
	const status = countField(thrown, 'statusCode')
	if (status !== undefined && status >= 400) return readAnswer(thrown, status, reading)
	const name = textField(thrown, 'name') ?? ''
	const own = ownErrors[name]
	if (own !== undefined)
		return new ChatError(own.kind, own.shown ? shown(thrown, reading) : own.message(reading.title), {
			cause: causeOf(thrown, reading),
			sent: own.sent,
			code: own.code,
		})
	if (name === 'AI_APICallError' && status === undefined) return readDisconnection(thrown, reading)
	return new ChatError('upstream-failed', `${reading.title} returned an invalid response.`, {
		cause: causeOf(thrown, reading),
		sent: status === undefined ? 'maybe' : 'yes',
	})
}

/** Reads a failure in the middle of a response: an error of the package, or an error event of the upstream. */
export function readStreamFailure(error: unknown, reading: FailureReading): ChatError {
	if (error instanceof Error || countField(error, 'statusCode') !== undefined)
		return sentAll(readFailure(error, reading))
	const inner = field(error, 'error') ?? error
	if (!isObject(inner)) return readErrorEvent({ error: inner }, reading)
	return readErrorEvent({ error: { code: field(inner, 'type'), ...inner } }, reading)
}

function sentAll(error: ChatError): ChatError {
	const { kind, message, param, code, fittingTokens, retryAfterMs, cause } = error
	return new ChatError(kind, message, {
		sent: 'yes',
		cause,
		param,
		code,
		fittingTokens,
		retryAfterMs,
	})
}

/** Reads an error response of the upstream. */
function readAnswer(thrown: unknown, status: number, reading: FailureReading): ChatError {
	const headers = field(thrown, 'responseHeaders')
	const text = textField(thrown, 'responseBody')
	const body = parsed(text)
	const message = textField(thrown, 'message')
	return readErrorAnswer(
		{
			status,
			headers: { get: (name) => (isObject(headers) ? textField(headers, name) : undefined) },
			// The package may have extracted a message from a body of an unknown format.
			body: knownBody(body) ? body : { error: { message } },
			receivedAtMs: reading.nowMs,
		},
		reading,
	)
}

function knownBody(body: unknown): boolean {
	const error = field(body, 'error')
	return textField(error, 'message') !== undefined || textField(body, 'detail') !== undefined
}

function parsed(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? '')
	} catch {
		return undefined
	}
}

/** Reads a failure without a response. */
function readDisconnection(thrown: unknown, reading: FailureReading): ChatError {
	const code = textField(field(thrown, 'cause'), 'code') ?? ''
	const cause = causeOf(thrown, reading)
	if (isOutOfDescriptors(field(thrown, 'cause'))) return outOfDescriptors(cause)
	if (neverConnected.has(code))
		return new ChatError('unavailable', `${reading.title} cannot be reached.`, {
			cause,
			sent: 'nothing',
			unreached: true,
		})
	return new ChatError('upstream-failed', `${reading.title} closed the connection without a response.`, {
		cause,
		sent: 'maybe',
	})
}

const neverConnected: ReadonlySet<string> = new Set([
	'ConnectionRefused',
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'FailedToOpenSocket',
	'EHOSTUNREACH',
	'ENETUNREACH',
])

interface OwnError {
	readonly kind: ChatErrorKind
	/** Whether the package's message is about the request and is shown to the caller. */
	readonly shown: boolean
	readonly message: (title: string) => string
	readonly sent: Sent
	readonly code?: string
}

const callers = (kind: ChatErrorKind): OwnError => ({ kind, shown: true, message: () => '', sent: 'nothing' })
const operators = (message: (title: string) => string): OwnError => ({
	kind: 'upstream-failed',
	shown: false,
	message,
	sent: 'nothing',
	code: refusedKeyCode,
})

/** Errors that a package throws before it sends a request. */
const ownErrors: Readonly<Record<string, OwnError>> = {
	AI_UnsupportedFunctionalityError: callers('unsupported'),
	AI_InvalidPromptError: callers('invalid-request'),
	AI_InvalidArgumentError: callers('invalid-request'),
	AI_NoSuchModelError: {
		...operators((title) => `${title} does not have the requested model or path.`),
		code: 'model_not_found',
	},
	AI_LoadAPIKeyError: operators((title) => `${title} rejected the gateway's credentials.`),
	AI_LoadSettingError: operators((title) => `${title} is missing a required setting.`),
}

const maxMessageLength = 2000

function shown(thrown: unknown, { redact, title }: FailureReading): string {
	return redact(textField(thrown, 'message') ?? `${title} rejected the request.`).slice(0, maxMessageLength)
}

/** The cause for the operator: only the name and the message. */
function causeOf(thrown: unknown, { redact }: FailureReading): Error {
	const name = textField(thrown, 'name') ?? 'error'
	const message = textField(thrown, 'message') ?? String(thrown)
	// It names a missing setting, and quotes nothing.
	if (name.startsWith('AI_Load')) return new Error(redact(message).slice(0, maxMessageLength))
	const status = field(thrown, 'statusCode')
	const summary = /^\w{1,64}$/.test(name) ? name : 'error'
	return new QuotingError(
		typeof status === 'number' ? `${summary}, status ${status}` : summary,
		redact(message).slice(0, maxMessageLength),
	)
}
