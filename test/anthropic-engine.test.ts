// The engine for Anthropic's API against our Anthropic dialect: one half of the wire reads what the other writes,
// through a real socket.

import { afterAll, describe, expect, test } from 'bun:test'
import { ChatError } from '../src/chat/error.ts'
import { plainRequest as request } from '../src/chat/request.testing.ts'
import { completionOf } from '../src/engines/answer.testing.ts'
import { openAnthropic } from '../src/engines/anthropic/anthropic.ts'
import { engineContract } from '../src/engines/engine.contract.ts'
import type { Engine, EngineCall } from '../src/engines/engine.ts'
import { systemClock } from '../src/system/clock.ts'
import { Secret } from '../src/system/secret.ts'
import { echoContextTokens, listenEcho } from './echo-gateway.ts'

const contextTokens = echoContextTokens
const echo = listenEcho('127.0.0.1:0')

/** Responds to every request in the same way, and records the requests. */
const requests: { readonly headers: Headers; readonly body: unknown }[] = []
let answer: () => Response = () => Response.json({})
const scripted = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		requests.push({ headers: request.headers, body: await request.json() })
		return answer()
	},
})
afterAll(() => Promise.all([echo.close(0), scripted.stop(true)]))

function open(url: string, changes: Partial<Parameters<typeof openAnthropic>[0]> = {}): Engine {
	return openAnthropic({
		url,
		keyHeader: 'x-api-key',
		version: '2023-06-01',
		betas: [],
		form: { maxTokens: 500, thinking: 'effort', cache: 'client', systemMessages: 'user', schemaBounds: 'send' },
		clock: systemClock,
		...changes,
	})
}

engineContract('anthropic', async () => open(`${echo.url}/anthropic/v1`), {
	model: 'echo',
	prompt: 'One two three four five six seven eight nine ten eleven twelve.',
	contextTokens,
	except: {
		'returns the requested number of choices and counts their tokens': 'the API returns one',
		'returns logprobs of every token, with alternatives in descending order': 'the API has none',
		'answers with a JSON object':
			'the API has no such option; it is requested in the prompt, which the echo engine ignores',
	},
})

const call = (changes: Partial<EngineCall> = {}): EngineCall => ({
	signal: new AbortController().signal,
	model: 'm',
	requestId: 'r',
	unary: true,
	...changes,
})

async function failure(reply: () => Response, key?: string): Promise<ChatError> {
	answer = reply
	const engine = open(`${scripted.url}v1`, key === undefined ? {} : { key: new Secret(key) })
	const error: unknown = await engine
		.chat(request, call())
		.then(completionOf)
		.catch((thrown: unknown) => thrown)
	await engine.close()
	if (error instanceof ChatError) return error
	throw new Error('it was answered')
}

function refuse(status: number, type: string, message = 'So it is.', headers: Record<string, string> = {}) {
	return () => Response.json({ type: 'error', error: { type, message } }, { status, headers })
}

describe('errors', () => {
	for (const [status, type, kind] of [
		[400, 'invalid_request_error', 'invalid-request'],
		[401, 'authentication_error', 'upstream-failed'],
		[403, 'permission_error', 'upstream-failed'],
		[404, 'not_found_error', 'upstream-failed'],
		[413, 'request_too_large', 'too-large'],
		[429, 'rate_limit_error', 'rate-limited'],
		[500, 'api_error', 'upstream-failed'],
		[529, 'overloaded_error', 'overloaded'],
	] as const)
		test(`${status} ${type}`, async () => expect((await failure(refuse(status, type))).kind).toBe(kind))
	test('a prompt that is too long', async () => {
		for (const message of [
			'prompt is too long: 208310 tokens > 200000 maximum',
			'input length and `max_tokens` exceed context limit: 200000 + 20000 > 200000',
		])
			expect((await failure(refuse(400, 'invalid_request_error', message))).kind).toBe('context-length-exceeded')
	})

	test('a max_tokens that does not fit', async () => {
		const message = 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'
		expect(await failure(refuse(400, 'invalid_request_error', message))).toMatchObject({
			kind: 'invalid-request',
			param: 'max_tokens',
			fittingTokens: 10_000,
		})
	})
	test('report how long to wait', async () => {
		const { retryAfterMs } = await failure(refuse(429, 'rate_limit_error', 'Slow.', { 'retry-after': '7' }))
		expect(retryAfterMs).toBe(7000)
	})
	test('never contain the key', async () => {
		const key = 'sk-ant-0123456789'
		const { message } = await failure(refuse(400, 'invalid_request_error', `Your key ${key} is odd.`), key)
		expect(message).not.toContain(key)
	})
})

test('headers: the key in either form, the version, and the betas of the configuration and of the request', async () => {
	answer = () => Response.json({ type: 'message', content: [], stop_reason: 'end_turn', usage: {} })
	const key = new Secret('sk-ant-0123456789')
	for (const [changes, expected] of [
		[{}, { 'x-api-key': 'sk-ant-0123456789', 'anthropic-version': '2023-06-01' }],
		[{ keyHeader: 'bearer' as const }, { authorization: 'Bearer sk-ant-0123456789' }],
		[{ betas: ['a-1', 'b-2'] }, { 'anthropic-beta': 'a-1,b-2,c-3' }],
	] as const) {
		const engine = open(`${scripted.url}v1`, { key, ...changes })
		const native = { ...request, passthroughWire: 'anthropic', passthrough: { betas: ['b-2', 'c-3'] } }
		await completionOf(await engine.chat(native, call()))
		await engine.close()
		const { headers, body } = requests.at(-1) ?? {}
		for (const [name, value] of Object.entries(expected)) expect([name, headers?.get(name)]).toEqual([name, value])
		expect(body).not.toHaveProperty('betas')
	}
})
