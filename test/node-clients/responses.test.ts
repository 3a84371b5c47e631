// Clients that speak the Responses API by default, against a real server: OpenAI's Agents SDK, the AI SDK's OpenAI
// provider, the WebSocket client of OpenAI's SDK, and a plain WebSocket.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { Agent, tool as agentTool, OpenAIProvider, Runner } from '@openai/agents'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import type { Response, ResponsesClientEvent } from 'openai/resources/responses/responses'
import { ResponsesWS } from 'openai/resources/responses/ws'
import { z } from 'zod'
import { rejection } from '../../src/system/rejection.testing.ts'
import { startServer, type TestServer } from '../server.ts'

const model = 'echo'
const callTool = 'echo:tool get_weather {"city":"Paris"}'

let server: TestServer
beforeAll(async () => {
	server = await startServer()
})
afterAll(() => server.stop())

describe('OpenAI Agents SDK', () => {
	const runner = () =>
		new Runner({
			modelProvider: new OpenAIProvider({ baseURL: `${server.url}/v1`, apiKey: server.key, useResponses: true }),
			tracingDisabled: true,
		})

	test('loops over tools', async () => {
		const cities: string[] = []
		const weather = agentTool({
			name: 'get_weather',
			description: 'Tells the weather.',
			parameters: z.object({ city: z.string() }),
			execute: async ({ city }) => {
				cities.push(city)
				return `Sunny in ${city}`
			},
		})
		const agent = new Agent({ name: 'forecaster', instructions: 'Use the tool.', model, tools: [weather] })
		const result = await runner().run(agent, callTool)
		expect([cities, result.finalOutput]).toEqual([['Paris'], 'Sunny in Paris'])
	})

	test('streams, and continues from what the server stores', async () => {
		const agent = new Agent({ name: 'parrot', model })
		const first = await runner().run(agent, 'My name is Ada', { stream: true })
		await first.completed
		expect(first.finalOutput).toBe('My name is Ada')
		const second = await runner().run(agent, 'again', { previousResponseId: first.lastResponseId as string })
		expect(second.finalOutput).toBe('again')
		const usage = second.rawResponses[0]?.usage
		expect(usage?.inputTokens).toBeGreaterThan(first.rawResponses[0]?.usage.inputTokens ?? Number.POSITIVE_INFINITY)
	})
})

describe('clients that wait in a queue', () => {
	const config = `
models: { echo: { route: [narrow] } }
upstreams: { narrow: { engine: echo, concurrency: { limit: 1 } } }
limits: { keepAliveMs: 100 }
`

	/** Occupies the upstream, and lets `ask` wait for it. @returns the bytes that `ask` received. */
	async function askInQueue(ask: (busy: TestServer, fetch: typeof globalThis.fetch) => Promise<void>): Promise<string> {
		const busy = await startServer({ config })
		let received: Promise<string> = Promise.resolve('')
		try {
			const running = await busy.call('/v1/responses', {
				model,
				input: `echo:delay 100 ${'word '.repeat(12)}`,
				stream: true,
			})
			const watched = async (...given: Parameters<typeof globalThis.fetch>) => {
				const response = await fetch(...given)
				received = response.clone().text()
				return response
			}
			await ask(busy, Object.assign(watched, { preconnect: fetch.preconnect }))
			await running.text()
			return await received
		} finally {
			await busy.stop()
		}
	}

	for (const background of [true, false])
		test(`read a stream of OpenAI's SDK with the number of requests ahead (background: ${background})`, async () => {
			const text = await askInQueue(async ({ url, key }, watched) => {
				const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch: watched, maxRetries: 0 })
				const events: string[] = []
				let output = ''
				for await (const event of await client.responses.create({ model, input: 'Hello', stream: true, background })) {
					events.push(event.type)
					if (event.type === 'response.completed') output = event.response.output.map(({ type }) => type).join()
				}
				expect([events[0], events.at(-1), output]).toEqual(['response.created', 'response.completed', 'message'])
			})
			expect(text).toContain(': x-dragoman-queue: 0\n\n')
		})

	test('read a stream of the AI SDK with the number of requests ahead', async () => {
		const text = await askInQueue(async ({ url, key }, watched) => {
			const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: key, fetch: watched })
			expect(await streamText({ model: provider(model), prompt: 'Hello' }).text).toBe('Hello')
		})
		expect(text).toContain(': x-dragoman-queue: 0\n\n')
	})
})

describe('AI SDK with the provider for OpenAI', () => {
	const provider = () => createOpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key })

	test('generates and streams text', async () => {
		const { text, finishReason } = await generateText({ model: provider()(model), prompt: 'one two' })
		expect([text, finishReason]).toEqual(['one two', 'stop'])
		const parts: string[] = []
		for await (const part of streamText({ model: provider()(model), prompt: 'one two three' }).textStream)
			parts.push(part)
		expect(parts).toEqual(['one', ' two', ' three'])
	})

	test('loops over tools, and refers to stored items', async () => {
		const { text, steps } = await generateText({
			model: provider()(model),
			prompt: callTool,
			stopWhen: stepCountIs(3),
			tools: {
				get_weather: tool({
					description: 'Tells the weather.',
					inputSchema: z.object({ city: z.string() }),
					execute: async ({ city }) => `Sunny in ${city}`,
				}),
			},
		})
		expect([text, steps.length]).toEqual(['Sunny in Paris', 2])
	})
})

describe('the WebSocket client of OpenAI', () => {
	/** Sends one message after the other, each made from the response to the one before it. */
	async function converse(messages: readonly ((previous: Response | undefined) => ResponsesClientEvent)[]) {
		const socket = new ResponsesWS(new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key }))
		const responses: Response[] = []
		const next = () => {
			const message = messages[responses.length]
			if (message === undefined) socket.close()
			else socket.send(message(responses.at(-1)))
		}
		for await (const event of socket) {
			if (event.type === 'open') next()
			if (event.type === 'close') break
			if (event.type === 'error') throw event.error
			if (event.type !== 'message' || event.message.type !== 'response.completed') continue
			responses.push(event.message.response)
			next()
		}
		return responses
	}

	test('prepares a response, and continues responses that are not stored', async () => {
		const parameters = { type: 'object', properties: {} }
		const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]
		const create = { type: 'response.create', model, store: false, tools } as const
		const responses = await converse([
			() => ({ ...create, generate: false, input: 'My name is Ada' }),
			(previous) => ({ ...create, previous_response_id: previous?.id ?? null, input: callTool }),
			(previous) => {
				const [call] = previous?.output ?? []
				const call_id = call?.type === 'function_call' ? call.call_id : ''
				const input = [{ type: 'function_call_output' as const, call_id, output: 'Sunny' }]
				return { ...create, previous_response_id: previous?.id ?? null, input }
			},
		])
		expect(responses.map(({ output }) => output.map(({ type }) => type))).toEqual([[], ['function_call'], ['message']])
		expect(responses.at(-1)?.output).toMatchObject([{ content: [{ text: 'Sunny' }] }])
	})
})

describe('a WebSocket', () => {
	interface Frame {
		readonly type: string
		readonly stream_id?: string
		readonly status?: number
		readonly response?: { readonly id: string; readonly output: readonly { content: readonly { text: string }[] }[] }
		readonly error?: { readonly message: string; readonly code: string | null }
	}

	async function exchange(key: string, input: readonly object[]): Promise<readonly Frame[]> {
		const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/responses`, {
			headers: { authorization: `Bearer ${key}` },
		})
		const frames: Frame[] = []
		const waiting = [...input]
		await new Promise<void>((resolve, reject) => {
			const next = () => {
				const frame = waiting.shift()
				if (frame === undefined) socket.close()
				else socket.send(JSON.stringify(frame))
			}
			socket.onopen = next
			socket.onmessage = ({ data }) => {
				const frame: Frame = JSON.parse(String(data))
				frames.push(frame)
				if (frame.type === 'response.completed' || frame.type === 'error') next()
			}
			socket.onclose = () => resolve()
			socket.onerror = () => reject(new Error('the socket failed'))
		})
		return frames
	}

	test('answers one message after the other, each with its events', async () => {
		const create = { type: 'response.create', model, stream_id: 's1' }
		const frames = await exchange(server.key, [
			{ ...create, input: 'hi there' },
			{ ...create, input: 'more' },
		])
		const ended = frames.filter(({ type }) => type === 'response.completed')
		expect(ended.map(({ response }) => response?.output[0]?.content[0]?.text)).toEqual(['hi there', 'more'])
		expect(new Set(frames.map(({ stream_id }) => stream_id))).toEqual(new Set(['s1']))
		expect(frames[0]?.type).toBe('response.created')
	})

	test('reports what is wrong with a message, and continues', async () => {
		const create = { type: 'response.create', model, input: 'fine' }
		const frames = await exchange(server.key, [
			{ ...create, previous_response_id: 'resp_gone' },
			{ type: 'hello' },
			create,
		])
		const errors = frames.filter(({ type }) => type === 'error')
		expect(errors.map(({ status, error }) => [status, error?.code])).toEqual([
			[400, 'previous_response_not_found'],
			[400, 'invalid_value'],
		])
		expect(frames.at(-1)?.type).toBe('response.completed')
	})

	test('needs a key', async () => {
		expect((await rejection(exchange('dgm-wrong', []))).message).toContain('the socket failed')
	})
})
