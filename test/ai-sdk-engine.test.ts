// The AI SDK engine with real provider packages: OpenAI's two APIs against our own dialect, through a real socket.

import { afterAll, describe, expect, test } from 'bun:test'
import { ChatError } from '../src/chat/error.ts'
import type { ChatRequest } from '../src/chat/request.ts'
import { aiSdk } from '../src/engines/ai-sdk/kind.ts'
import { completionOf, eventsOf } from '../src/engines/answer.testing.ts'
import { engineContract } from '../src/engines/engine.contract.ts'
import type { Engine, EngineCall } from '../src/engines/engine.ts'
import type { EngineContext } from '../src/engines/kind.ts'
import { signatureOrigin } from '../src/engines/upstream/signature-origin.ts'
import { systemClock } from '../src/system/clock.ts'
import { openLog } from '../src/system/log.ts'
import { echoContextTokens, listenEcho } from './echo-gateway.ts'
import { root } from './server.ts'

const contextTokens = echoContextTokens
const gateway = listenEcho('127.0.0.1:0')
afterAll(() => gateway.close(0))

const context: EngineContext = {
	name: 'sdk',
	model: 'echo',
	log: openLog({ level: 'silent', format: 'json' }),
	clock: systemClock,
	builtIn: false,
	configFolder: root,
	engineFolder: root,
	modelFolder: root,
	socketFolder: async () => root,
	command: [],
	download: false,
	registries: () => Promise.reject(new Error('nothing is fetched')),
	showProgress: () => ({ update: () => undefined, end: () => undefined }),
	outOfDescriptors: () => undefined,
	environment: {},
}

const open = (options: object): Promise<Engine> => aiSdk.open(options, context)
const compatible = () =>
	open({
		package: '@ai-sdk/openai-compatible',
		options: {
			name: 'echo',
			baseURL: `${gateway.url}/v1`,
			apiKey: 'sk-any-key',
			includeUsage: true,
			supportsStructuredOutputs: true,
		},
		passthrough: 'echo',
	})

const expectations = {
	model: 'echo',
	prompt: 'One two three four five six seven eight nine ten eleven twelve.',
	contextTokens,
}
const oneAnswer = 'the specification has one choice per call, so more are rejected'
const noStopText = 'these packages do not report it'
const noLogprobs = 'the specification has no logprobs, so they are reported as dropped'

engineContract('ai-sdk on @ai-sdk/openai-compatible', compatible, {
	...expectations,
	except: {
		'returns the requested number of choices and counts their tokens': oneAnswer,
		'returns logprobs of every token, with alternatives in descending order': noLogprobs,
		'reports fields of a request that nothing uses':
			'the package gets them, and does not report what it does with them',
		'reports the stop sequence that ended the answer, and none otherwise': noStopText,
	},
})

engineContract(
	'ai-sdk on the chat models of @ai-sdk/openai',
	() =>
		open({
			package: '@ai-sdk/openai',
			options: { baseURL: `${gateway.url}/v1`, apiKey: 'sk-any-key' },
			method: 'chat',
		}),
	{
		...expectations,
		noReasoning: 'the package does not read the reasoning of chat models',
		except: {
			'returns the requested number of choices and counts their tokens': oneAnswer,
			'returns logprobs of every token, with alternatives in descending order': noLogprobs,
			'reports the stop sequence that ended the answer, and none otherwise': noStopText,
		},
	},
)

const request = (words: string, changes: Partial<ChatRequest> = {}): ChatRequest => ({
	model: 'echo',
	messages: [{ role: 'user', content: [{ type: 'text', text: words }] }],
	sampling: {},
	stop: [],
	choices: 1,
	tools: [{ type: 'function', name: 'get_weather', strict: false }],
	toolChoice: { type: 'auto' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	passthrough: {},
	...changes,
})
const call = (changes: Partial<EngineCall> = {}): EngineCall => ({
	signal: new AbortController().signal,
	model: 'echo',
	requestId: 'req_1',
	...changes,
})

test('signatures belong to the configured host, or to the package', async () => {
	for (const [options, service] of [
		[{ apiKey: 'sk-any-key', baseURL: 'https://llm.example:8443/v1' }, 'llm.example:8443'],
		[{ apiKey: 'sk-any-key' }, '@ai-sdk/openai'],
	] as const) {
		const engine = await open({ package: '@ai-sdk/openai', options })
		expect(engine.originOf?.('m')).toBe(signatureOrigin(service, 'm'))
		await engine.close()
	}
})

describe('through a server of ours', () => {
	const scripts = [
		'just words',
		'echo:reasoning thinking first\nthen words',
		'echo:tool get_weather {"city": "São Paulo"}\necho:tool get_weather {"city": "Paris"}',
	]
	for (const script of scripts)
		test(`a streamed answer equals the unary one: ${script.split('\n')[0]}`, async () => {
			const engine = await compatible()
			const streamed = await completionOf(await engine.chat(request(script), call()))
			expect(await completionOf(await engine.chat(request(script), call({ unary: true })))).toEqual(streamed)
			expect(streamed.usage.source).toBe('upstream')
			await engine.close()
		})

	test('the Responses API, which the package calls by default', async () => {
		const options = { baseURL: `${gateway.url}/v1`, apiKey: 'sk-any-key' }
		const engine = await open({ package: '@ai-sdk/openai', options })
		const answer = await completionOf(await engine.chat(request('echo:tool get_weather {"city": "Paris"}'), call()))
		expect(answer.choices[0]).toMatchObject({
			parts: [{ type: 'tool-call', name: 'get_weather', arguments: '{"city": "Paris"}' }],
			finishReason: 'tool-calls',
		})
		await engine.close()
	})

	for (const [kind, sent] of [
		['rate-limited', 'nothing'],
		['unavailable', 'nothing'],
		['upstream-timeout', 'maybe'],
	] as const)
		test(`${kind} before the answer`, async () => {
			const engine = await compatible()
			const thrown = await engine.chat(request(`echo:error ${kind}`), call()).catch((error: unknown) => error)
			expect(thrown).toBeInstanceOf(ChatError)
			expect(thrown).toMatchObject({ kind, sent })
			await engine.close()
		})

	test('an error in the middle of the answer', async () => {
		const engine = await compatible()
		const events = await Array.fromAsync(
			eventsOf(await engine.chat(request('echo:error-after 2 unavailable\none two three'), call())),
		)
		expect(events.filter(({ type }) => type === 'part-delta').length).toBe(2)
		expect(events.at(-1)).toMatchObject({ type: 'error', error: { sent: 'yes' } })
		await engine.close()
	})
})
