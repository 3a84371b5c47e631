// The OpenAI-compatible engine against our OpenAI dialect: one half of the wire reads what the other writes, through a
// real socket.

import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ChatError } from '../src/chat/error.ts'
import { textOf } from '../src/chat/parts.ts'
import { plainRequest as request } from '../src/chat/request.testing.ts'
import { completionOf } from '../src/engines/answer.testing.ts'
import { engineContract } from '../src/engines/engine.contract.ts'
import { openOpenAICompatible } from '../src/engines/openai-compatible/openai-compatible.ts'
import type { Listener } from '../src/server/listener.ts'
import { systemClock } from '../src/system/clock.ts'
import { rejection } from '../src/system/rejection.testing.ts'
import { Secret } from '../src/system/secret.ts'
import { echoContextTokens, listenEcho } from './echo-gateway.ts'
import { temporaryFolder } from './server.ts'

const contextTokens = echoContextTokens
const listeners: Listener[] = []
afterAll(() => Promise.all(listeners.map((listener) => listener.close(0))))

function listenUntilEnd(address: string): Listener {
	const listener = listenEcho(address)
	listeners.push(listener)
	return listener
}

const expectations = {
	model: 'echo',
	prompt: 'One two three four five six seven eight nine ten eleven twelve.',
	contextTokens,
}
const overTcp = listenUntilEnd('127.0.0.1:0')

engineContract(
	'openai-compatible over TCP',
	async () => openOpenAICompatible({ url: `${overTcp.url}/v1`, trusted: true, clock: systemClock }),
	expectations,
)
engineContract(
	'openai-compatible over a Unix socket',
	async () => {
		const socket = join(await temporaryFolder(), 'echo.sock')
		listenUntilEnd(socket)
		return openOpenAICompatible({ url: 'http://engine/v1', unixSocket: socket, trusted: true, clock: systemClock })
	},
	expectations,
)

const call = { signal: new AbortController().signal, model: 'm', requestId: 'req_1' }

/** Calls a server that responds with `respond`, and returns the outcome. */
async function send(respond: (request: Request) => Response | Promise<Response>): Promise<ChatError | string> {
	const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
	const engine = openOpenAICompatible({
		url: `http://127.0.0.1:${server.port}/v1`,
		key: new Secret('sk-upstream'),
		clock: systemClock,
	})
	try {
		const { choices } = await completionOf(await engine.chat(request, call))
		return textOf(choices[0]?.parts ?? [])
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
		throw thrown
	} finally {
		await engine.close()
		await server.stop(true)
	}
}

const chunk = (delta: object, finish: string | null = null) =>
	`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const stream = (...parts: readonly string[]) =>
	new Response(parts.join(''), { headers: { 'content-type': 'text/event-stream' } })

describe('a foreign server', () => {
	test('receives our key and a request for a stream', async () => {
		let receivedBody: unknown
		await send(async (received) => {
			receivedBody = {
				key: received.headers.get('authorization'),
				path: new URL(received.url).pathname,
				body: await received.json(),
			}
			return stream(chunk({ content: 'a' }), chunk({}, 'stop'), 'data: [DONE]\n\n')
		})
		expect(receivedBody).toMatchObject({
			key: 'Bearer sk-upstream',
			path: '/v1/chat/completions',
			body: { model: 'm', stream: true, stream_options: { include_usage: true } },
		})
	})
	test('may answer unstreamed', async () => {
		expect(
			await send(() =>
				Response.json({
					id: 'x',
					object: 'chat.completion',
					created: 1,
					model: 'm',
					choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
				}),
			),
		).toBe('whole')
	})
	const failures: readonly (readonly [string, () => Response, Partial<ChatError>])[] = [
		[
			'that refuses our key is our operator’s problem',
			() => Response.json({ error: { message: 'Incorrect API key sk-upstream' } }, { status: 401 }),
			{ kind: 'upstream-failed' },
		],
		[
			'that is busy says when to come again',
			() => new Response('{"error":{"message":"slow down"}}', { status: 429, headers: { 'retry-after': '7' } }),
			{ kind: 'rate-limited', retryAfterMs: 7000, sent: 'nothing' },
		],
		[
			'whose context is too short says so',
			() =>
				Response.json(
					{ error: { message: 'maximum context length is 5', code: 'context_length_exceeded', param: 'messages' } },
					{ status: 400 },
				),
			{ kind: 'context-length-exceeded', param: 'messages' },
		],
		['that fails', () => new Response('oops', { status: 500 }), { kind: 'upstream-failed' }],
		['that stops in the middle', () => stream(chunk({ content: 'a' })), { kind: 'upstream-failed', sent: 'yes' }],
		[
			'that sends garbage',
			() => stream(chunk({ content: 'a' }), 'data: {not json\n\n'),
			{ kind: 'upstream-failed', sent: 'yes' },
		],
		[
			'that sends an error in its stream',
			() => stream(chunk({ content: 'a' }), 'data: {"error":{"message":"out of memory"}}\n\n'),
			{ sent: 'yes' },
		],
		[
			'that redirects is not followed',
			() => Response.redirect('http://127.0.0.1:1/v1', 307),
			{ kind: 'upstream-failed' },
		],
	]
	for (const [name, respond, expected] of failures) {
		test(name, async () => {
			const outcome = await send(respond)
			expect(outcome).toBeInstanceOf(ChatError)
			expect(outcome).toMatchObject(expected)
			expect(String(outcome)).not.toContain('sk-upstream')
		})
	}
	test('that is unreachable proves that nothing was sent', async () => {
		const engine = openOpenAICompatible({ url: 'http://127.0.0.1:9/v1', clock: systemClock })
		expect(await rejection(engine.chat(request, call))).toMatchObject({ kind: 'unavailable', sent: 'nothing' })
	})
})
