// Every dialect in front of every kind of engine, on real sockets: whole answers, streams, tool calls, errors before and after the first
// byte, clients that leave. Behind the engines that speak a wire stands a second server of ours, so that the echo's instructions reach all
// of them.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ClientView, DialectClient, Question } from './dialect-clients/dialect-client.ts'
import { tongues } from './dialect-clients/list.ts'
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

const patient = 'breaker: { failures: 100000 }'
const oneTry = 'retry: { attempts: 1 }'

const backConfig = `
models: { echo: { route: [echo], ${oneTry} } }
upstreams: { echo: { engine: echo, ${patient} } }
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
  echo: { engine: echo, ${patient} }
  relayed: { engine: openai-compatible, url: '${url}/openai/v1', key: ${key}, model: echo, ${patient} }
  messages: { engine: anthropic, url: '${url}/anthropic/v1', key: ${key}, model: echo, ${patient} }
${isEngineHere ? `  embedded: { engine: llama, model: tiny-chat, ${patient} }` : ''}
`
}

/** Models of the front server, by the engine behind them. */
const scripted = ['echo', 'relayed', 'messages'] as const

function ask(tongue: DialectClient, question: Question, signal?: AbortSignal, key = front.key): Promise<Response> {
	const { path, headers, body } = tongue.write(question)
	return fetch(front.url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers(key) },
		body: JSON.stringify(body),
		...(signal === undefined ? {} : { signal }),
	})
}

function say(model: string, text: string): Question {
	return { model, turns: [{ role: 'user', text }] }
}

/** All that arrives; `whole` is false where the connection was cut. */
async function drain(response: Response): Promise<{ readonly text: string; readonly whole: boolean }> {
	const decoder = new TextDecoder()
	let text = ''
	try {
		for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
		return { text, whole: true }
	} catch {
		return { text, whole: false }
	}
}

async function askStream(tongue: DialectClient, question: Question): Promise<ClientView> {
	const response = await ask(tongue, { ...question, stream: true })
	expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
	const { text, whole } = await drain(response)
	return tongue.readStream(text, whole)
}

async function refusal(tongue: DialectClient, question: Question, key?: string): Promise<readonly [number, string]> {
	const response = await ask(tongue, question, undefined, key)
	return [response.status, tongue.readError(await response.json())]
}

function expectFailure(tongue: DialectClient, said: ClientView): void {
	expect(said.failed !== undefined).toBe(tongue.failure === 'event')
	if (tongue.failure === 'cut') expect(said.ended).toBe(false)
}

const tool = { name: 'look', parameter: 'place' }
const looked = [{ name: 'look', arguments: { place: 'Paris' } }]

for (const tongue of tongues) {
	const { statuses } = tongue
	for (const model of scripted)
		describe(`${tongue.name} before ${model}`, () => {
			test('a whole answer', async () => {
				const response = await ask(tongue, say(model, 'echo:say one two three'))
				expect(response.status).toBe(200)
				expect(tongue.readWhole(await response.json())).toEqual({ text: 'one two three', calls: [], ended: true })
			})

			test('a stream', async () => {
				const said = await askStream(tongue, say(model, 'echo:say one two three'))
				expect(said).toEqual({ text: 'one two three', calls: [], ended: true })
			})

			test('earlier turns are seen', async () => {
				const turns = [
					{ role: 'user', text: 'echo:say first' },
					{ role: 'assistant', text: 'first' },
					{ role: 'user', text: 'echo:say second' },
				] as const
				const response = await ask(tongue, { model, turns })
				expect(tongue.readWhole(await response.json()).text).toBe('second')
			})

			const call = { ...say(model, 'echo:tool look {"place": "Paris"}'), tool }
			test.skipIf(tongue.tools === 'none')('a tool call', async () => {
				const response = await ask(tongue, call)
				expect(response.status).toBe(200)
				expect(tongue.readWhole(await response.json()).calls).toEqual(looked)
			})
			test.skipIf(tongue.tools !== 'streamed')('a tool call in a stream', async () => {
				const said = await askStream(tongue, call)
				expect([said.calls, said.ended]).toEqual([looked, true])
			})

			for (const stream of [false, true])
				test(`an error before the first byte, ${stream ? 'streamed' : 'whole'}`, async () => {
					const [status, message] = await refusal(tongue, { ...say(model, 'echo:error unavailable'), stream })
					expect(status).toBe(statuses.unavailable)
					expect(message.length).toBeGreaterThan(10)
				})
			test('a request that the model refuses', async () => {
				const [status] = await refusal(tongue, say(model, 'echo:error invalid-request'))
				expect(status).toBe(statuses.invalidRequest)
			})

			test('an error after the first byte', async () => {
				const said = await askStream(tongue, say(model, 'echo:error-after 3 upstream-failed'))
				expectFailure(tongue, said)
				const words = said.text.trim().split(/\s+/).length
				// A connection that is cut may take along what was on its way.
				if (tongue.failure === 'cut') expect(words).toBeLessThanOrEqual(3)
				else expect(words).toBe(3)
			})

			test('a client that leaves', () => leave(tongue, say(model, 'echo:hang-after 3'), model))
		})

	describe(`${tongue.name}`, () => {
		test('no model of that name', async () =>
			expect((await refusal(tongue, say('nobody', 'x')))[0]).toBe(statuses.noModel))
		test('a wrong key', async () =>
			expect((await refusal(tongue, say('echo', 'x'), 'dgm-wrong'))[0]).toBe(statuses.noKey))
	})

	describe.skipIf(!isEngineHere)(`${tongue.name} before the embedded engine`, () => {
		const france = { ...say('embedded', 'What is the capital of France?'), maxTokens: 60 }
		test('a whole answer', async () => {
			const response = await ask(tongue, france)
			const said = tongue.readWhole(await response.json())
			expect([said.text.length > 3, said.ended]).toEqual([true, true])
		})
		test('a stream', async () => {
			const said = await askStream(tongue, france)
			expect([said.text.length > 3, said.ended]).toEqual([true, true])
		})
		// Agents of EGP choose for themselves whether to call, and this model is too small to be asked for that.
		test.skipIf(tongue.tools !== 'streamed')('a tool call', async () => {
			const asked = {
				...say('embedded', "What's the weather in Paris?"),
				tool: { name: 'get_weather', parameter: 'city' },
			}
			const whole = tongue.readWhole(await (await ask(tongue, asked)).json())
			const streamed = await askStream(tongue, asked)
			for (const { calls } of [whole, streamed])
				expect(calls).toEqual([{ name: 'get_weather', arguments: { city: expect.any(String) } }])
		})
		test('an error before the first byte', async () => {
			const [status] = await refusal(tongue, say('embedded', 'many words '.repeat(600)))
			expect(status).toBe(statuses.tooLong)
		})
		test('a client that leaves', () => leave(tongue, say('embedded', 'Tell me a story about a fox'), 'embedded'))
		test('an error after the first byte', async () => {
			let said = await breakOff(tongue)
			// On a busy machine the whole answer may be there before the engine was stopped.
			for (let again = 0; said.ended && said.failed === undefined && again < 10; again++) said = await breakOff(tongue)
			expectFailure(tongue, said)
			while ((await fetch(`${front.url}/ready`)).status !== 200) await Bun.sleep(20)
			expect((await ask(tongue, france)).status).toBe(200)
		})
	})
}

/** Hangs up after the first bytes, and waits until the upstream works on nothing any more. */
async function leave(tongue: DialectClient, question: Question, upstream: string): Promise<void> {
	const leaving = new AbortController()
	const response = await ask(tongue, { ...question, stream: true }, leaving.signal)
	await response.body?.getReader().read()
	leaving.abort()
	while ((await running(upstream)) > 0) await Bun.sleep(5)
}

async function running(upstream: string): Promise<number> {
	const text = await (await fetch(`${front.url}/metrics`)).text()
	const [, count] = new RegExp(`^dragoman_upstream_running\\{upstream="${upstream}"\\} (\\d+)`, 'm').exec(text) ?? []
	if (count === undefined) throw new Error(`no gauge of ${upstream}`)
	return Number(count)
}

/** The engine's process is killed in the middle of an answer: it is let run in steps of a moment until the first byte is there. */
async function breakOff(tongue: DialectClient): Promise<ClientView> {
	const pid = await engineProcess(front)
	process.kill(pid, 'SIGSTOP')
	const asked = ask(tongue, { ...say('embedded', 'Tell me a story about a fox'), stream: true })
	let begun = false
	const drained = asked.then(async (response) => {
		const [watched, read] = response.body?.tee() ?? []
		void watched
			?.getReader()
			.read()
			.then(() => {
				begun = true
			})
		return drain(new Response(read))
	})
	while (!begun) {
		process.kill(pid, 'SIGCONT')
		await Bun.sleep(1)
		process.kill(pid, 'SIGSTOP')
		await Bun.sleep(2)
	}
	process.kill(pid, 'SIGKILL')
	const { text, whole } = await drained
	return tongue.readStream(text, whole)
}
