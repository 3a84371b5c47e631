// Error responses of upstreams: who is responsible, what they prove was sent, and what the caller may see.

import { describe, expect, test } from 'bun:test'
import { ChatError, type ChatErrorKind } from '../../chat/error.ts'
import { writeError } from '../openai/error-writer.ts'
import { readErrorAnswer, readErrorEvent } from './upstream-error.ts'

const foreign = { title: 'The upstream', trusted: false }
const own = { title: 'The engine', trusted: true }
const at = Date.parse('2026-01-01T00:00:00Z')

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
	status,
	headers: new Headers(headers),
	body,
	receivedAtMs: at,
})

const cases: readonly (readonly [number, unknown, Partial<ChatError>])[] = [
	[
		400,
		{ error: { message: 'bad', param: 'stop', code: 'invalid_value' } },
		{ kind: 'invalid-request', message: 'bad', param: 'stop', code: 'invalid_value', sent: 'nothing' },
	],
	[422, { detail: [{ loc: ['body', 'stop'], msg: 'too many' }] }, { kind: 'invalid-request', message: 'too many' }],
	[400, { detail: 'not so' }, { kind: 'invalid-request', message: 'not so' }],
	[400, { error: 'a bare text' }, { kind: 'invalid-request', message: 'a bare text' }],
	[
		400,
		{ object: 'error', message: "This model's maximum context length is 10 tokens.", code: 400 },
		{ kind: 'context-length-exceeded' },
	],
	[
		400,
		{ error: { message: 'long', type: 'exceed_context_size_error' } },
		{ kind: 'context-length-exceeded', message: 'long' },
	],
	[413, { error: { message: 'big' } }, { kind: 'too-large', message: 'big' }],
	[
		307,
		'<html>Moved</html>',
		{ kind: 'upstream-failed', message: 'The upstream redirects to another URL (status 307).' },
	],
	[
		200,
		{ error: { message: 'no memory' } },
		{ kind: 'upstream-failed', message: 'The upstream reported an error with status 200.' },
	],
	[
		429,
		{ error: { message: 'slow down', code: 'rate_limit_exceeded' } },
		{ kind: 'rate-limited', message: 'slow down', sent: 'nothing' },
	],
	[
		401,
		{ error: { message: 'Incorrect API key provided: sk-12' } },
		{ kind: 'upstream-failed', message: "The upstream rejected the gateway's credentials.", sent: 'nothing' },
	],
	[403, 'no', { kind: 'upstream-failed', sent: 'nothing' }],
	[
		404,
		{ error: { message: 'no model x-internal', code: 'model_not_found' } },
		{ kind: 'upstream-failed', code: undefined, sent: 'nothing' },
	],
	[
		500,
		'<html>secret stack</html>',
		{ kind: 'upstream-failed', message: 'The upstream failed with status 500.', sent: 'maybe' },
	],
	[502, '', { kind: 'upstream-failed', sent: 'maybe' }],
	[503, {}, { kind: 'unavailable', sent: 'nothing' }],
	[
		503,
		{ error: { message: 'x', code: 'server_is_overloaded' } },
		{ kind: 'overloaded', message: 'The upstream is overloaded.', sent: 'nothing' },
	],
	[504, null, { kind: 'upstream-timeout', sent: 'maybe' }],
	[529, undefined, { kind: 'overloaded', sent: 'nothing' }],
	[302, '', { kind: 'upstream-failed', sent: 'maybe' }],
]

describe('a third-party upstream', () => {
	for (const [status, body, expected] of cases) {
		test(`status ${status} with ${JSON.stringify(body)}`, () => {
			const error = readErrorAnswer(answer(status, body), foreign)
			expect(error).toBeInstanceOf(ChatError)
			expect(error).toMatchObject(expected)
		})
	}

	test('cannot set one of our kinds', () => {
		expect(readErrorAnswer(answer(500, {}, { 'x-dragoman-error': 'invalid-key' }), foreign).kind).toBe(
			'upstream-failed',
		)
	})

	test('its own failure message is for the operator', () => {
		const error = readErrorAnswer(answer(500, { error: { message: 'disk /dev/sda1 full' } }), foreign)
		expect(error.message).not.toContain('disk')
		expect(String(error.cause)).toContain('disk /dev/sda1 full')
	})

	test('long messages are truncated', () => {
		expect(readErrorAnswer(answer(400, { error: { message: 'x'.repeat(100_000) } }), foreign).message.length).toBe(2000)
	})

	for (const [headers, ms] of [
		[{ 'retry-after': '7' }, 7000],
		[{ 'retry-after': '0' }, 0],
		[{ 'retry-after-ms': '50', 'retry-after': '1' }, 50],
		[{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
		[{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
		[{ 'retry-after': 'soon' }, undefined],
		[{ 'retry-after': '-1' }, undefined],
		[{ 'retry-after': '' }, undefined],
		[{ 'retry-after-ms': '', 'retry-after': '1.5' }, 1500],
		[{}, undefined],
	] as const) {
		test(`${JSON.stringify(headers)} means ${ms} ms`, () => {
			expect(readErrorAnswer(answer(429, {}, headers), foreign).retryAfterMs).toBe(ms)
		})
	}
})

describe('our own engine', () => {
	const kinds: readonly ChatErrorKind[] = [
		'invalid-request',
		'unsupported',
		'context-length-exceeded',
		'wrong-operation',
		'overloaded',
		'upstream-failed',
		'internal',
	]
	for (const kind of kinds) {
		test(`${kind} is passed through unchanged`, () => {
			const written = writeError(new ChatError(kind, `message of ${kind}`, { param: 'messages', retryAfterMs: 1500 }))
			const read = readErrorAnswer(
				answer(written.status, JSON.parse(JSON.stringify(written.body)), written.headers),
				own,
			)
			expect(read).toMatchObject({ kind, message: `message of ${kind}`, param: 'messages', retryAfterMs: 1500 })
		})
	}

	test('its authorization errors concern the gateway, not the caller', () => {
		for (const kind of ['unauthenticated', 'invalid-key', 'forbidden'] as const) {
			const { status, body, headers } = writeError(new ChatError(kind, 'no'))
			expect(readErrorAnswer(answer(status, body, headers), own).kind).toBe('upstream-failed')
		}
	})

	test('a failure may have cost tokens, a rejection has not', () => {
		expect(readErrorAnswer(answer(500, {}, { 'x-dragoman-error': 'internal' }), own).sent).toBe('maybe')
		expect(readErrorAnswer(answer(503, {}, { 'x-dragoman-error': 'overloaded' }), own).sent).toBe('nothing')
	})
})

describe('an error within a stream', () => {
	test('has the kind of its numeric code, and was sent', () => {
		expect(readErrorEvent({ error: { message: 'later', code: 429 } }, foreign)).toMatchObject({
			kind: 'rate-limited',
			message: 'later',
			sent: 'yes',
		})
		expect(readErrorEvent({ error: 'boom' }, foreign)).toMatchObject({
			kind: 'upstream-failed',
			message: 'The upstream failed with status 500.',
			sent: 'yes',
		})
	})
	test('has the kind that our own engine reports', () => {
		const event = { error: { message: 'The model stopped.', kind: 'upstream-timeout', code: 'upstream_timeout' } }
		expect(readErrorEvent(event, own)).toMatchObject({
			kind: 'upstream-timeout',
			message: 'The model stopped.',
			sent: 'yes',
		})
		expect(readErrorEvent(event, foreign)).toMatchObject({ kind: 'upstream-failed' })
		expect(readErrorEvent({ error: { message: 'x', kind: 'toString' } }, own).kind).toBe('upstream-failed')
	})
})
