import { describe, expect, test } from 'bun:test'
import { readGeminiError, readGeminiErrorEvent } from './error-reader.ts'

const reading = {
	title: 'The upstream',
	trusted: false,
	redact: (text: string) => text.replaceAll('AIza-secret', '***'),
}

function read(status: number, error: object, list = false) {
	const body = list ? [{ error }] : { error }
	return readGeminiError({ status, headers: new Headers(), body, receivedAtMs: 0 }, reading)
}

const info = (reason: string) => [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }]

describe('an error', () => {
	for (const [status, word, kind, sent] of [
		[400, 'INVALID_ARGUMENT', 'invalid-request', 'nothing'],
		[403, 'PERMISSION_DENIED', 'upstream-failed', 'nothing'],
		[404, 'NOT_FOUND', 'upstream-failed', 'nothing'],
		[429, 'RESOURCE_EXHAUSTED', 'rate-limited', 'nothing'],
		[499, 'CANCELLED', 'upstream-failed', 'maybe'],
		[500, 'INTERNAL', 'upstream-failed', 'maybe'],
		[501, 'UNIMPLEMENTED', 'unsupported', 'nothing'],
		[503, 'UNAVAILABLE', 'unavailable', 'nothing'],
		[504, 'DEADLINE_EXCEEDED', 'upstream-timeout', 'maybe'],
	] as const) {
		test(`with status ${status}`, () => {
			expect(read(status, { code: status, message: 'boom', status: word })).toMatchObject({ kind, sent })
		})
		test(`${word} in a stream`, () => {
			expect(readGeminiErrorEvent({ error: { message: 'boom', status: word } }, reading)).toMatchObject({
				kind,
				sent: 'yes',
			})
		})
	}

	test('about a prompt that is too long is context-length-exceeded', () => {
		const message = 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'
		expect(read(400, { code: 400, message, status: 'INVALID_ARGUMENT' })).toMatchObject({
			kind: 'context-length-exceeded',
			message,
		})
	})

	test('about our key is an upstream failure, and its message is not shown', () => {
		const message = 'API key not valid: AIza-secret'
		for (const error of [
			{ code: 400, message, status: 'INVALID_ARGUMENT', details: info('API_KEY_INVALID') },
			{ code: 400, message, status: 'FAILED_PRECONDITION' },
			{ code: 403, message, status: 'PERMISSION_DENIED' },
		]) {
			const result = read(error.code, error)
			expect(result).toMatchObject({ kind: 'upstream-failed', code: 'upstream_credentials_refused' })
			expect(`${result.message} ${result.cause}`).not.toContain('AIza-secret')
		}
	})

	test('has a retry delay', () => {
		const details = [{ reason: 'RATE_LIMIT_EXCEEDED' }, { retryDelay: '37.25s' }]
		expect(read(429, { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED', details }).retryAfterMs).toBe(37_250)
		expect(read(429, { code: 429, details: [{ retryDelay: 'soon' }] }).retryAfterMs).toBeUndefined()
	})

	test('may be a list of one, or have any other form', () => {
		expect(read(400, { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' }, true)).toMatchObject({
			kind: 'invalid-request',
			message: 'bad',
		})
		for (const body of [undefined, null, '<html>', [], {}])
			expect(readGeminiError({ status: 502, headers: new Headers(), body, receivedAtMs: 0 }, reading)).toMatchObject({
				kind: 'upstream-failed',
				sent: 'maybe',
			})
	})
})
