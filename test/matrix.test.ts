// Every dialect in front of every kind of engine, on real sockets: whole answers, streams, tool calls, errors before
// and after the first byte, disconnecting clients. The engines that call an API call a second server of ours, so that
// the echo's instructions reach all of them.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ChatQuestion, ClientView, DialectClient } from './dialect-clients/dialect-client.ts'
import { dialectClients } from './dialect-clients/list.ts'
import { allReady, engineFolder, engineProcess, isEngineHere } from './engine.ts'
import { startServer, type TestServer } from './server.ts'

let back: TestServer
let front: TestServer

beforeAll(async () => {
	back = await startServer({ config: backConfig })
	front = await startServer({ config: configOf(back) })
	if (isEngineHere) await allReady(front)
})
afterAll(async () => {
	await front.stop()
	await back.stop()
})

const neverOpens = 'breaker: { failures: 100000 }'
const oneTry = 'retry: { attempts: 1 }'

const backConfig = `
models: { echo: { route: [echo], ${oneTry} } }
upstreams: { echo: { engine: echo, ${neverOpens} } }
`

function configOf({ url, key }: TestServer): string {
	return `
telemetry: { metrics: open }
engineFolder: ${engineFolder}
models:
  echo: { route: [echo], ${oneTry} }
  relayed: { route: [relayed], ${oneTry} }
  messages: { route: [messages], ${oneTry} }
${isEngineHere ? `  embedded: { route: [embedded], ${oneTry} }` : ''}
upstreams:
  echo: { engine: echo, ${neverOpens} }
  relayed: { engine: openai-compatible, url: '${url}/openai/v1', key: ${key}, model: echo, ${neverOpens} }
  messages: { engine: anthropic, url: '${url}/anthropic/v1', key: ${key}, model: echo, ${neverOpens} }
${isEngineHere ? `  embedded: { engine: llama, model: tiny-chat, ${neverOpens} }` : ''}
`
}

/** Models of the front server, by their engine. */
const scripted = ['echo', 'relayed', 'messages'] as const

function send(client: DialectClient, question: ChatQuestion, signal?: AbortSignal, key = front.key): Promise<Response> {
	const { path, headers, body } = client.write(question)
	return fetch(front.url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers(key) },
		body: JSON.stringify(body),
		...(signal === undefined ? {} : { signal }),
	})
}

function question(model: string, text: string): ChatQuestion {
	return { model, turns: [{ role: 'user', text }] }
}

/** Everything that arrives; `complete` is false if the connection was cut. */
async function drain(response: Response): Promise<{ readonly text: string; readonly complete: boolean }> {
	const decoder = new TextDecoder()
	let text = ''
	try {
		for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
		return { text, complete: true }
	} catch {
		return { text, complete: false }
	}
}

async function sendStream(client: DialectClient, question: ChatQuestion): Promise<ClientView> {
	const response = await send(client, { ...question, stream: true })
	expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
	const { text, complete } = await drain(response)
	return client.readStream(text, complete)
}

async function refusal(
	client: DialectClient,
	question: ChatQuestion,
	key?: string,
): Promise<readonly [number, string]> {
	const response = await send(client, question, undefined, key)
	return [response.status, client.readError(await response.json())]
}

function expectFailure(client: DialectClient, view: ClientView): void {
	expect(view.failed !== undefined).toBe(client.failure === 'event')
	if (client.failure === 'cut') expect(view.ended).toBe(false)
}

const tool = { name: 'look', parameter: 'place' }
const expectedCalls = [{ name: 'look', arguments: { place: 'Paris' } }]

for (const client of dialectClients) {
	const { statuses } = client
	for (const model of scripted)
		describe(`${client.name} before ${model}`, () => {
			test('a unary answer', async () => {
				const response = await send(client, question(model, 'echo:say one two three'))
				expect(response.status).toBe(200)
				expect(client.readUnary(await response.json())).toEqual({ text: 'one two three', calls: [], ended: true })
			})

			test('a stream', async () => {
				const view = await sendStream(client, question(model, 'echo:say one two three'))
				expect(view).toEqual({ text: 'one two three', calls: [], ended: true })
			})

			test('earlier turns are part of the prompt', async () => {
				const turns = [
					{ role: 'user', text: 'echo:say first' },
					{ role: 'assistant', text: 'first' },
					{ role: 'user', text: 'echo:say second' },
				] as const
				const response = await send(client, { model, turns })
				expect(client.readUnary(await response.json()).text).toBe('second')
			})

			const call = { ...question(model, 'echo:tool look {"place": "Paris"}'), tool }
			test.skipIf(client.tools === 'none')('a tool call', async () => {
				const response = await send(client, call)
				expect(response.status).toBe(200)
				expect(client.readUnary(await response.json()).calls).toEqual(expectedCalls)
			})
			test.skipIf(client.tools !== 'streamed')('a tool call in a stream', async () => {
				const view = await sendStream(client, call)
				expect([view.calls, view.ended]).toEqual([expectedCalls, true])
			})

			for (const stream of [false, true])
				test(`an error before the first byte, ${stream ? 'streamed' : 'whole'}`, async () => {
					const [status, message] = await refusal(client, { ...question(model, 'echo:error unavailable'), stream })
					expect(status).toBe(statuses.unavailable)
					expect(message.length).toBeGreaterThan(10)
				})
			test('a request that the model rejects', async () => {
				const [status] = await refusal(client, question(model, 'echo:error invalid-request'))
				expect(status).toBe(statuses.invalidRequest)
			})

			test('an error after the first byte', async () => {
				const view = await sendStream(client, question(model, 'echo:error-after 3 upstream-failed'))
				expectFailure(client, view)
				const words = view.text.trim().split(/\s+/).length
				// A connection that is cut may take along what was on its way.
				if (client.failure === 'cut') expect(words).toBeLessThanOrEqual(3)
				else expect(words).toBe(3)
			})

			test('a client that disconnects', () => leave(client, question(model, 'echo:hang-after 3'), model))
		})

	describe(`${client.name}`, () => {
		test('an unknown model', async () =>
			expect((await refusal(client, question('nobody', 'x')))[0]).toBe(statuses.noModel))
		test('a wrong key', async () =>
			expect((await refusal(client, question('echo', 'x'), 'dgm-wrong'))[0]).toBe(statuses.noKey))
	})

	describe.skipIf(!isEngineHere)(`${client.name} before the embedded engine`, () => {
		const france = { ...question('embedded', 'What is the capital of France?'), maxTokens: 60 }
		test('a unary answer', async () => {
			const response = await send(client, france)
			const view = client.readUnary(await response.json())
			expect([view.text.length > 3, view.ended]).toEqual([true, true])
		})
		test('a stream', async () => {
			const view = await sendStream(client, france)
			expect([view.text.length > 3, view.ended]).toEqual([true, true])
		})
		// EGP agents decide whether to call a tool, and this model is too small for that.
		test.skipIf(client.tools !== 'streamed')('a tool call', async () => {
			const body = {
				...question('embedded', "What's the weather in Paris?"),
				tool: { name: 'get_weather', parameter: 'city' },
			}
			const complete = client.readUnary(await (await send(client, body)).json())
			const streamed = await sendStream(client, body)
			for (const { calls } of [complete, streamed])
				expect(calls).toEqual([{ name: 'get_weather', arguments: { city: expect.any(String) } }])
		})
		test('an error before the first byte', async () => {
			const [status] = await refusal(client, question('embedded', 'many words '.repeat(600)))
			expect(status).toBe(statuses.tooLong)
		})
		test('a client that disconnects', () =>
			leave(client, question('embedded', 'Tell me a story about a fox'), 'embedded'))
		test('an error after the first byte', async () => {
			let view = await breakOff(client)
			// On a busy machine the whole answer may be there before the engine was stopped.
			for (let again = 0; view.ended && view.failed === undefined && again < 10; again++) view = await breakOff(client)
			expectFailure(client, view)
			while ((await fetch(`${front.url}/ready`)).status !== 200) await Bun.sleep(20)
			expect((await send(client, france)).status).toBe(200)
		})
	})
}

/** Hangs up after the first bytes, and waits until the upstream works on nothing any more. */
async function leave(client: DialectClient, question: ChatQuestion, upstream: string): Promise<void> {
	const disconnect = new AbortController()
	const response = await send(client, { ...question, stream: true }, disconnect.signal)
	await response.body?.getReader().read()
	disconnect.abort()
	while ((await running(upstream)) > 0) await Bun.sleep(5)
}

async function running(upstream: string): Promise<number> {
	const text = await (await fetch(`${front.url}/metrics`)).text()
	const [, count] = new RegExp(`^dragoman_upstream_running\\{upstream="${upstream}"\\} (\\d+)`, 'm').exec(text) ?? []
	if (count === undefined) throw new Error(`no gauge of ${upstream}`)
	return Number(count)
}

/**
 * The engine's process is killed in the middle of an answer: it is let run in steps of a moment until the first byte is
 * there.
 */
async function breakOff(client: DialectClient): Promise<ClientView> {
	const pid = await engineProcess(front)
	process.kill(pid, 'SIGSTOP')
	const body = send(client, { ...question('embedded', 'Tell me a story about a fox'), stream: true })
	let started = false
	const drained = body.then(async (response) => {
		const [watched, read] = response.body?.tee() ?? []
		void watched
			?.getReader()
			.read()
			.then(() => {
				started = true
			})
		return drain(new Response(read))
	})
	while (!started) {
		process.kill(pid, 'SIGCONT')
		await Bun.sleep(1)
		process.kill(pid, 'SIGSTOP')
		await Bun.sleep(2)
	}
	process.kill(pid, 'SIGKILL')
	const { text, complete } = await drained
	return client.readStream(text, complete)
}
