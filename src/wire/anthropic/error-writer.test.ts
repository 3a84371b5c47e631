import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ChatError, chatErrorKinds } from '../../chat/error.ts'
import { writeError } from './error-writer.ts'

/** Types that Anthropic's SDKs define, and one more that Anthropic's server sends. */
const types = [
	'invalid_request_error',
	'authentication_error',
	'billing_error',
	'permission_error',
	'not_found_error',
	'request_too_large',
	'rate_limit_error',
	'timeout_error',
	'api_error',
	'overloaded_error',
	'conflict_error',
]

describe('an error', () => {
	test.each(chatErrorKinds.map((kind) => [kind]))('%s has a status and a type that clients know', (kind) => {
		const { status, body, headers } = writeError(new ChatError(kind, 'Why.'), 'req_1')
		expect(status).toBeGreaterThanOrEqual(400)
		expect(types).toContain(body.error.type)
		expect(body.error.message).toEndWith('Why.')
		expect(body).toMatchObject({ type: 'error', request_id: 'req_1' })
		expect(headers['x-dragoman-error']).toBe(kind)
	})
	test('of an overlong prompt starts with the text that agents look for, once', () => {
		const message = (text: string) => writeError(new ChatError('context-length-exceeded', text)).body.error.message
		expect(message('Too many tokens.')).toBe('prompt is too long: Too many tokens.')
		expect(message('Prompt is too long: 9 tokens > 8 maximum')).toBe('Prompt is too long: 9 tokens > 8 maximum')
	})
	test('has retry headers', () => {
		const { headers } = writeError(new ChatError('rate-limited', 'Slower.', { retryAfterMs: 1500 }))
		expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1500' })
	})
	test('stops SDKs from retrying a conflict', () => {
		expect(writeError(new ChatError('conflict', 'Changed.')).headers['x-should-retry']).toBe('false')
	})
})

test('the table of errors in the documentation matches the code', async () => {
	const page = await Bun.file(join(import.meta.dir, '../../../docs/anthropic.md')).text()
	const documented: Record<string, string> = {}
	for (const [, kinds = '', status = '', type = ''] of page.matchAll(/^\| (`.+`) \| (\d+) \| (\w+)/gm))
		for (const [, kind = ''] of kinds.matchAll(/`([\w-]+)`/g)) documented[kind] = `${status} ${type}`
	const written = chatErrorKinds.map((kind) => {
		const { status, body } = writeError(new ChatError(kind, 'Why.'))
		return [kind, `${status} ${body.error.type}`] as const
	})
	expect(documented).toEqual(Object.fromEntries(written))
})
