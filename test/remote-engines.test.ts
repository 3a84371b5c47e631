// Engines of remote providers in a real server, called by OpenAI's client: Gemini's API, and a provider package of the
// AI SDK.

import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import OpenAI from 'openai'
import { listenScriptedGemini } from '../src/engines/gemini/scripted-gemini.testing.ts'
import { rejection } from '../src/system/rejection.testing.ts'
import { root, runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

const key = 'AIza-0123456789'
const google = listenScriptedGemini(key)
const echo = await startServer()
const server = await startServer({
	config: `
models:
  gemini: { route: [google] }
  sdk: { route: [sdk] }
  refused: { route: [refused] }
upstreams:
  google: { engine: gemini, url: "${google.url}", key: "\${GOOGLE_KEY}", model: gemini-3-pro }
  refused: { engine: gemini, url: "${google.url}", key: AIza-wrong-key, model: gemini-3-pro }
  sdk: { engine: ai-sdk, package: "@ai-sdk/openai-compatible", model: echo, options: { name: echo, baseURL: "${echo.url}/v1", apiKey: "\${ECHO_KEY}", includeUsage: true } }
engineFolder: ${join(root, 'node_modules')}
`,
	environment: { GOOGLE_KEY: key, ECHO_KEY: echo.key },
})
afterAll(() => Promise.all([server.stop(), echo.stop(), google.close()]))

const clientOf = ({ url, key }: TestServer) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
const client = clientOf(server)
const tools: OpenAI.Chat.ChatCompletionTool[] = [{ type: 'function', function: { name: 'get_weather' } }]
const functionTool: OpenAI.Responses.FunctionTool = {
	type: 'function',
	name: 'get_weather',
	parameters: { type: 'object', properties: {} },
	strict: false,
}

for (const model of ['gemini', 'sdk']) {
	test(`${model}: a streamed call, its result, and the answer`, async () => {
		const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [
			{ role: 'system', content: 'Be brief.' },
			{ role: 'user', content: 'echo:tool get_weather {"city":"Paris"}' },
		]
		const called = await client.chat.completions
			.stream({ model, messages, tools, stream_options: { include_usage: true } })
			.finalChatCompletion()
		const [choice] = called.choices
		expect(choice?.finish_reason).toBe('tool_calls')
		expect(choice?.message.tool_calls).toMatchObject([
			{ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
		])
		expect(called.usage?.completion_tokens).toBeGreaterThan(0)
		messages.push(choice?.message ?? { role: 'assistant' }, {
			role: 'tool',
			tool_call_id: choice?.message.tool_calls?.[0]?.id ?? '',
			content: '21 degrees',
		})
		const answered = await client.chat.completions.create({ model, messages, tools })
		expect(answered.choices[0]?.message.content).toContain('21 degrees')
		expect(answered.model).toBe(model)
	})

	test(`${model}: fields without an equivalent are reported to the client`, async () => {
		const { response } = await client.chat.completions
			.create({ model, messages: [{ role: 'user', content: 'hi' }], logit_bias: { 1: 1 }, user: 'u' })
			.withResponse()
		const dropped = response.headers.get('x-dragoman-dropped') ?? ''
		for (const part of ['logit_bias', 'user']) expect(dropped).toContain(part)
	})

	test(`${model}: an error in the middle of a stream reaches the client`, async () => {
		const stream = await client.chat.completions.create({
			model,
			messages: [{ role: 'user', content: 'echo:error-after 2 unavailable\none two three' }],
			stream: true,
		})
		let text = ''
		const read = async () => {
			for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
		}
		expect(await rejection(read())).toBeInstanceOf(Error)
		expect(text).toBe('one two')
	})

	test(`${model}: vectors`, async () => {
		const { data, usage } = await client.embeddings.create({ model, input: ['a b', 'c'] })
		expect(data.map(({ embedding }) => embedding.length)).toEqual([64, 64])
		expect(usage.prompt_tokens).toBeGreaterThan(0)
	})
}

test('signatures of reasoning and calls are stored with the conversation and sent back', async () => {
	const request = { model: 'gemini', tools: [functionTool], reasoning: { effort: 'high' as const } }
	const script = 'echo:reasoning hm\necho:tool get_weather {"city":"Paris"}'
	const { id, output } = await client.responses.create({ ...request, input: script })
	const call_id = output.find((item) => item.type === 'function_call')?.call_id ?? ''
	const result = { type: 'function_call_output', call_id, output: '21 degrees' } as const
	await client.responses.create({ ...request, previous_response_id: id, input: [result] })
	expect(google.requests.at(-1)?.body).toMatchObject({
		contents: [
			{ role: 'user' },
			{
				role: 'model',
				parts: [
					{ text: 'hm', thought: true },
					{ functionCall: { name: 'get_weather', args: { city: 'Paris' } }, thoughtSignature: 'signed-get_weather' },
				],
			},
			{ role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { output: '21 degrees' } } }] },
		],
	})
})

test('a key that an upstream rejects appears nowhere', async () => {
	const request = client.chat.completions.create({ model: 'refused', messages: [{ role: 'user', content: 'hi' }] })
	const error = await request.catch((thrown: unknown) => thrown)
	expect(error).toBeInstanceOf(OpenAI.APIError)
	expect(error).toMatchObject({ status: 502 })
	expect(`${error} ${server.log()} ${server.output()}`).not.toContain('AIza-wrong-key')
	await server.logged('credentials')
})

test('a package that is not installed makes the server exit, with the command that installs it', async () => {
	const data = await temporaryFolder()
	const config = join(data, 'config.yaml')
	await Bun.write(
		config,
		'models: { m: { route: [u] } }\nupstreams: { u: { engine: ai-sdk, package: "@ai-sdk/no-such-provider" } }\n',
	)
	const { status, stderr } = await runCommand(['serve', '--listen', '127.0.0.1:0', '--config', config], {
		DRAGOMAN_DATA: data,
	})
	expect(status).not.toBe(0)
	expect(stderr).toContain(`npm install --prefix ${join(data, 'engine', 'packages')} @ai-sdk/no-such-provider`)
})
