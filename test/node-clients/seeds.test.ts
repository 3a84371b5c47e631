// The tutorials of the services that Dragoman replaces, in TypeScript, with nothing changed but host, key and model.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { at, textAt } from '../dialect-clients/dialect-client.ts'
import { startServer, type TestServer } from '../server.ts'

const model = 'AgentPublic/llama3-instruct-8b'
let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: `models: { ${model}: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
	})
})
afterAll(() => server.stop())

test('Albert API, 2024: a conversation continues by `user` and `id`, with two slashes in its path', async () => {
	const baseUrl = `${server.url}/albert/v1/`
	const chat = async (content: string, more: object): Promise<unknown> => {
		const response = await fetch(`${baseUrl}/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
			body: JSON.stringify({ model, messages: [{ role: 'user', content }], stream: false, n: 1, ...more }),
		})
		expect(response.status).toBe(200)
		return response.json()
	}
	const first = await chat('Salut Albert !', { user: 'leo' })
	const id = textAt(first, 'id')
	expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
	const second = await chat('Quel est mon précédent message ?', { user: 'leo', id })
	expect(textAt(second, 'id')).toBe(id)
	expect(Number(at(second, 'usage', 'prompt_tokens'))).toBeGreaterThan(Number(at(first, 'usage', 'prompt_tokens')))
	const history: unknown = await (await server.call('/albert/v1/chat/history/leo')).json()
	expect(Object.keys(Object(history))).toEqual([id])
})

test('OpenGateLLM: a model is chosen by its type, and a stream is read to its first end', async () => {
	const client = new OpenAI({ baseURL: `${server.url}/opengatellm/v1`, apiKey: server.key })
	const { data } = await client.models.list()
	const chosen = data.find((one) => ['text-generation', 'image-text-to-text'].includes(textAt(one, 'type')))?.id ?? ''
	expect(chosen).toBe(model)
	const complete = await client.chat.completions.create({
		model: chosen,
		messages: [{ role: 'user', content: 'Hi Albert !' }],
		n: 1,
	})
	expect(complete.choices[0]?.message.content).toBe('Hi Albert !')
	const printed: unknown[] = []
	const stream = await client.chat.completions.create({
		model: chosen,
		messages: [{ role: 'user', content: "What's up Albert ?" }],
		stream: true,
		n: 1,
	})
	for await (const chunk of stream) {
		if (chunk.choices[0]?.finish_reason != null) break
		printed.push(chunk.choices[0]?.delta.content)
	}
	expect(printed[0]).toBe('')
	expect(printed.join('')).toBe("What's up Albert ?")
})

test('Spellbook: a stream of texts without an end mark', async () => {
	const response = await fetch(`${server.url}/egp/v1/chat-completions`, {
		method: 'POST',
		headers: { accept: 'application/json', 'content-type': 'application/json', 'x-api-key': server.key },
		body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello, what can you do?' }], stream: true }),
	})
	let printed = ''
	for (const line of (await response.text()).split('\n'))
		if (line.startsWith('data: ')) printed += textAt(JSON.parse(line.slice(6)), 'chat_completion', 'message', 'content')
	expect(printed).toBe('Hello, what can you do?')
})

test('Aleph Alpha: no version in the path, and the end of the stream is reported once', async () => {
	const client = new OpenAI({ baseURL: server.url, apiKey: server.key })
	const stream = await client.chat.completions.create({
		model,
		stream: true,
		messages: [
			{ role: 'user', content: 'What is the answer? Be brief.' },
			{ role: 'assistant', content: '42.' },
			{ role: 'user', content: 'Why was that number chosen?' },
		],
	})
	const printed: string[] = []
	for await (const message of stream) printed.push(message.choices[0]?.delta.content ?? '<end-of-stream>')
	expect(printed.at(-1)).toBe('<end-of-stream>')
	expect(printed.filter((text) => text === '<end-of-stream>').length).toBe(1)
	expect(printed.slice(0, -1).join('')).toBe('Why was that number chosen?')
})

test('chat and legacy completions side by side', async () => {
	const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key })
	const chat = await client.chat.completions.create({
		model,
		temperature: 0,
		messages: [
			{ role: 'system', content: 'You are a helpful assistant.' },
			{ role: 'user', content: 'What is the capital of France?' },
			{ role: 'assistant', content: 'The capital of France is Paris.' },
			{ role: 'user', content: 'What is the capital of Germany?' },
		],
	})
	expect(chat.choices[0]?.message).toMatchObject({
		role: 'assistant',
		content: 'What is the capital of Germany?',
		refusal: null,
	})
	const completion = await client.completions.create({ model, prompt: 'Once upon a time', max_tokens: 3 })
	expect(completion.choices[0]?.text).toBe('Once upon a')
})
