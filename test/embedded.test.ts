// The embedded engine in a real server: it serves, it restarts, and a toy model substitutes for one that is not
// installed.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { engineFolder, engineProcess, isEngineHere, toyConfig } from './engine.ts'
import { root, startServer, type TestServer, temporaryFolder } from './server.ts'

/**
 * One of the sentences that the toy was trained on. The answers of the real default model are in first-answer.test.ts.
 */
const greeting = {
	model: 'tiny-chat',
	temperature: 0,
	messages: [{ role: 'user', content: 'Hi!' }],
}

/** Waits until `/ready` returns 200; bounded by the test's timeout. */
async function ready(server: TestServer): Promise<void> {
	while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
}

describe.skipIf(!isEngineHere)('a server with the embedded engine', () => {
	let server: TestServer
	beforeAll(async () => {
		server = await startServer({ config: toyConfig })
		await ready(server)
	})
	afterAll(() => server.stop())

	test('answers', async () => {
		const response = await server.call('/v1/chat/completions', greeting)
		expect(await response.json()).toMatchObject({
			model: 'tiny-chat',
			choices: [{ message: { role: 'assistant', content: 'Hello! How can I help you today?' }, finish_reason: 'stop' }],
		})
	})

	test('streams its answers', async () => {
		const text = await (await server.call('/v1/chat/completions', { ...greeting, stream: true })).text()
		const chunks = text
			.trim()
			.split('\n\n')
			.map((event) => event.slice('data: '.length))
		expect(chunks.pop()).toBe('[DONE]')
		const parsed = chunks.map((chunk) => JSON.parse(chunk))
		expect(parsed.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe(
			'Hello! How can I help you today?',
		)
		expect(parsed.length).toBeGreaterThan(5)
	})

	test('reports the count of a prompt at the start of a stream, to clients that read it there', async () => {
		const prompt = { ...greeting, messages: [{ role: 'user', content: 'Hi! Who are you?' }], stream: true }
		const message = { ...prompt, max_tokens: 5 }
		const text = await (await server.call('/v1/messages', message)).text()
		const [start] = text.split('\n\n')
		expect(Number(/"input_tokens":(\d+)/.exec(start ?? '')?.[1])).toBeGreaterThan(3)
		const chat = { ...prompt, stream_options: { include_usage: true } }
		const response = await server.call('/v1/chat/completions', chat)
		expect(response.headers.get('x-dragoman-dropped')).toBeNull()
		const [first] = (await response.text()).split('\n\n')
		expect(first).toContain('"usage":null')
	})

	test('stops at any of many texts, and only reads the prompt if no output is requested', async () => {
		const stop_sequences = ['one', 'two', 'three', 'four', 'five', 'help']
		const messages = greeting.messages
		const stopped = await server.call('/v1/messages', { ...greeting, max_tokens: 50, stop_sequences })
		expect(await stopped.json()).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'help' })
		const empty = await server.call('/v1/messages', { model: 'tiny-chat', max_tokens: 0, messages })
		expect(await empty.json()).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } })
	})

	test('reports its operations and context', async () => {
		const operations = ['chat', 'embed', 'tokenize']
		expect(await (await fetch(`${server.url}/ready`)).json()).toEqual({
			status: 'ready',
			models: [{ id: 'tiny-chat', status: 'ready', required: false, operations, contextTokens: 512 }],
			checks: { database: { ok: true }, journal: { ok: true }, disk: { ok: true } },
		})
	})

	test('refuses legacy completions of a chat model in exactly these words', async () => {
		const response = await server.call('/v1/completions', {
			model: 'tiny-chat',
			prompt: ['Hi!'],
		})
		expect(response.status).toBe(404)
		expect(await response.json()).toEqual({
			error: {
				message:
					'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
				type: 'invalid_request_error',
				param: 'model',
				code: null,
			},
		})
	})

	test('rejects prompts that exceed its context, with the numbers', async () => {
		const response = await server.call('/v1/chat/completions', {
			...greeting,
			messages: [{ role: 'user', content: 'word '.repeat(2000) }],
		})
		expect(response.status).toBe(400)
		const { error } = (await response.json()) as { error: { message: string; code: string } }
		expect(error.code).toBe('context_length_exceeded')
		expect(error.message).toMatch(
			/^This model's maximum context length is 512 tokens\. However, your messages resulted in \d{4} tokens\./,
		)
	})

	test('embeds', async () => {
		const { data } = (await (
			await server.call('/v1/embeddings', { model: 'tiny-chat', input: ['Hello', 'Bonjour'] })
		).json()) as { data: { embedding: number[] }[] }
		expect(data.map(({ embedding }) => embedding.length)).toEqual([192, 192])
	})

	test('constrains an answer to a schema', async () => {
		const schema = {
			type: 'object',
			properties: {
				country: { type: 'string', maxLength: 20 },
				population: { type: 'integer', minimum: 1, maximum: 9 },
			},
			required: ['country', 'population'],
			additionalProperties: false,
		}
		const response = await server.call('/v1/chat/completions', {
			...greeting,
			response_format: { type: 'json_schema', json_schema: { name: 'c', strict: true, schema } },
		})
		const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
		const answer = JSON.parse(choices[0]?.message.content ?? '')
		expect(Object.keys(answer)).toEqual(['country', 'population'])
		expect(answer.population).toBeWithin(1, 10)
	})

	test('refuses a schema that it cannot enforce', async () => {
		const schema = { type: 'object', properties: { a: { not: { type: 'string' } } } }
		const response = await server.call('/v1/chat/completions', {
			...greeting,
			response_format: { type: 'json_schema', json_schema: { name: 'c', schema } },
		})
		expect(response.status).toBe(400)
		expect(await response.json()).toMatchObject({
			error: { code: 'unsupported_schema', message: expect.stringContaining("'not' at #/properties/a") },
		})
	})

	test('survives a crash of its engine: requests in flight fail with a clear error, and the next process answers', async () => {
		const long = {
			...greeting,
			stream: true,
			logit_bias: { 2: -100 },
			messages: [{ role: 'user', content: 'Tell me a story.' }],
		}
		const pid = await engineProcess(server)
		const response = await server.call('/v1/chat/completions', long)
		const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
		let text = new TextDecoder().decode((await reader.read()).value)
		process.kill(pid, 'SIGKILL')
		for (let next = await reader.read(); !next.done; next = await reader.read())
			text += new TextDecoder().decode(next.value)
		expect(JSON.parse(text.trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
			error: {
				message: 'The embedded engine stopped while generating the answer.',
				type: 'server_error',
				code: 'upstream_error',
			},
		})
		expect((await fetch(`${server.url}/health`)).status).toBe(200)
		const again = await server.call('/v1/chat/completions', greeting)
		expect(await again.json()).toMatchObject({
			choices: [{ message: { content: 'Hello! How can I help you today?' } }],
		})
	})
})

describe.skipIf(!isEngineHere)('other models', () => {
	test('a toy model substitutes for missing weights, and every endpoint reports it', async () => {
		const data = await temporaryFolder()
		const server = await startServer({
			data,
			config: `engineFolder: ${engineFolder}\ndownload: false\nmodels: embedded\n`,
		})
		await ready(server)
		const answer = (await (
			await server.call('/v1/chat/completions', { ...greeting, model: 'smollm2-135m' })
		).json()) as {
			model: string
		}
		expect(answer.model).toBe('tiny-chat')
		const expectedNote =
			"'smollm2-135m' is not available yet: tiny-chat, a toy model whose answers are not meaningful, serves requests instead. Fetch the model with: npx --no-install dragoman models pull smollm2-135m"
		expect(await (await server.call('/v1/models/smollm2-135m')).json()).toMatchObject({
			id: 'smollm2-135m',
			note: expectedNote,
		})
		expect(await (await fetch(`${server.url}/ready`)).json()).toMatchObject({
			models: [{ id: 'smollm2-135m', note: expectedNote }],
		})
		await server.logged(expectedNote)
		await server.stop()
	})

	test('a base model, which has no chat template, continues texts and refuses to chat', async () => {
		const data = await temporaryFolder()
		const weights = Buffer.from(await Bun.file(join(root, 'models', 'tiny-chat-q8_0.gguf')).bytes())
		const at = weights.indexOf('tokenizer.chat_template')
		weights.write('tokenizer.not_a_template'.slice(0, 'tokenizer.chat_template'.length), at)
		const base = join(data, 'base.gguf')
		await Bun.write(base, weights)
		const server = await startServer({
			data,
			config: `engineFolder: ${engineFolder}\nmodels: { base: { route: [base] } }\nupstreams: { base: { engine: llama, model: ${base} } }\n`,
		})
		await ready(server)
		const completion = {
			model: 'base',
			prompt: ['The capital of France', 'The capital of Italy'],
			max_tokens: 4,
			temperature: 0,
			logprobs: 2,
			echo: true,
		}
		const { object, choices } = (await (await server.call('/v1/completions', completion)).json()) as {
			object: string
			choices: { text: string; logprobs: { tokens: string[]; token_logprobs: unknown[] } }[]
		}
		expect(object).toBe('text_completion')
		expect(choices.map(({ text }) => text)).toEqual([
			expect.stringMatching(/^The capital of France/),
			expect.stringMatching(/^The capital of Italy/),
		])
		expect(choices[0]?.logprobs.tokens.join('')).toBe(choices[0]?.text ?? '')
		const refused = await server.call('/v1/chat/completions', { ...greeting, model: 'base' })
		expect(refused.status).toBe(404)
		expect(await refused.json()).toMatchObject({
			error: { message: expect.stringContaining('This is not a chat model'), param: 'model' },
		})
		await server.stop()
	})

	test('a file that is not a model fails with the reason', async () => {
		const data = await temporaryFolder()
		const broken = join(data, 'broken.gguf')
		await Bun.write(broken, 'GGUF and nothing else')
		const server = await startServer({
			data,
			config: `engineFolder: ${engineFolder}\nmodels: { broken: { route: [broken] } }\nupstreams: { broken: { engine: llama, model: ${broken} } }\n`,
		})
		let state = { status: 'starting', models: [] as { note?: string }[] }
		while (state.status === 'starting') state = (await (await fetch(`${server.url}/ready`)).json()) as typeof state
		expect(state).toMatchObject({
			status: 'failed',
			models: [{ status: 'failed', note: expect.stringContaining('broken.gguf') }],
		})
		const refused = await server.call('/v1/chat/completions', { ...greeting, model: 'broken' })
		expect(refused.status).toBe(503)
		expect(refused.headers.get('retry-after')).not.toBeNull()
		for (const text of [JSON.stringify(state), await refused.text()]) expect(text).not.toContain(data)
		await server.logged(broken)
		await server.stop()
	})
})
