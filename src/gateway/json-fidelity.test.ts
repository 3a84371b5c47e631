import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createKey } from '../keys/key.ts'
import { rejection } from '../system/rejection.testing.ts'
import { TestFolder, type TestGateway } from './gateway.testing.ts'

// Client JSON passes through each pair of wires with its numbers and the order of its keys.

const nasty =
	'{"id":1234567890123456789,"price":1.0,"neg":-0.0,"12":1,"2":2,"deep":[{"toJSON":1e3,"__proto__":[0.10]}]}'
const schema =
	'{"type":"object","properties":{"b":{"type":"integer","maximum":9223372036854775807},"2":{"enum":[1.0,1e400]},"1":{"const":-0}}}'

interface Received {
	readonly path: string
	readonly body: string
}

/** Answers each request with the text that the test has set for its path. */
class ScriptedServer {
	readonly received: Received[] = []
	answers: Readonly<Record<string, string>> = {}
	private readonly server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch: async (request) => {
			const path = new URL(request.url).pathname
			this.received.push({ path, body: await request.text() })
			const answer = Object.entries(this.answers).find(([end]) => path.endsWith(end))?.[1]
			const isStream = answer?.startsWith('data:') === true || answer?.startsWith('event:') === true
			const type = isStream ? 'text/event-stream' : 'application/json'
			return new Response(answer ?? '{}', {
				headers: { 'content-type': type },
				status: answer === undefined ? 404 : 200,
			})
		},
	})

	get url(): string {
		return `http://127.0.0.1:${this.server.port}`
	}

	close(): Promise<void> {
		return this.server.stop(true)
	}
}

const server = new ScriptedServer()
let folder: TestFolder
let gateway: TestGateway
let secret: string

beforeAll(async () => {
	folder = await TestFolder.create()
	gateway = await folder.open(`
models:
  chat: { route: [chat], tokenizer: cl100k_base }
  messages: { route: [messages], tokenizer: cl100k_base }
  gemini: { route: [gemini], tokenizer: cl100k_base }
upstreams:
  chat: { engine: openai-compatible, url: "${server.url}/chat" }
  messages: { engine: anthropic, url: "${server.url}/messages", key: k }
  gemini: { engine: gemini, url: "${server.url}/gemini", key: k }
`)
	const created = createKey({ name: 'json', role: 'user', owner: 'json' }, Date.now())
	await gateway.gateway.keys.insert(created.key)
	secret = created.secret
})

afterAll(async () => {
	await folder[Symbol.asyncDispose]()
	await server.close()
})

/** The body of the response to a body that is sent as it is. */
async function send(path: string, body: string): Promise<string> {
	const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
	const response = await gateway.gateway.fetch(
		new Request(`http://localhost${path}`, { method: 'POST', headers, body }),
	)
	const text = await response.text()
	if (!response.ok) throw new Error(text)
	return text
}

function received(): string {
	return server.received.at(-1)?.body ?? ''
}

const quoted = JSON.stringify(nasty)
const usage = {
	openai: '{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10}',
	messages: '{"input_tokens":5,"output_tokens":5}',
}
const chatCall = `{"id":"call_1","type":"function","function":{"name":"buy","arguments":${quoted}}}`
const chatAnswer = (message: string, more = '') =>
	`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":${message},"finish_reason":"tool_calls"}],"usage":${usage.openai}${more}}`
const toolUse = `{"type":"tool_use","id":"toolu_1","name":"buy","input":${nasty}}`
const messagesAnswer = `{"id":"m","type":"message","role":"assistant","model":"m","content":[${toolUse}],"stop_reason":"tool_use","stop_sequence":null,"usage":${usage.messages}}`
const geminiAnswer = `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"name":"buy","args":${nasty}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":5,"totalTokenCount":10}}`
const sse = (...events: readonly string[]) => events.map((data) => `data: ${data}\n\n`).join('')
/** The same JSON, with white space between its tokens. */
const spread = (json: string) => json.replaceAll('{"id"', '{\n\t"id"').replaceAll(',"price":', ' ,\n "price" : ')

const whole: Readonly<Record<string, string>> = {
	'/chat/completions': chatAnswer(`{"role":"assistant","content":null,"tool_calls":[${chatCall}]}`),
	'/messages': spread(messagesAnswer),
	':generateContent': spread(geminiAnswer),
}
const streamed: Readonly<Record<string, string>> = {
	'/chat/completions': `${sse(
		`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"buy","arguments":${nasty}}}]},"finish_reason":null}]}`,
		`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":${usage.openai}}`,
	)}data: [DONE]\n\n`,
	'/messages': [
		`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":${usage.messages}}}`,
		`{"type":"content_block_start","index":0,"content_block":${toolUse}}`,
		'{"type":"content_block_stop","index":0}',
		`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":${usage.messages}}`,
		'{"type":"message_stop"}',
	]
		.map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`)
		.join(''),
	':streamGenerateContent': sse(geminiAnswer),
}

const chatTools = `"tools":[{"type":"function","function":{"name":"buy","description":"d","parameters":${schema}}}]`
const messagesTools = `"tools":[{"name":"buy","description":"d","input_schema":${schema}}]`
const responsesTools = `"tools":[{"type":"function","name":"buy","description":"d","parameters":${schema},"strict":false}]`
const user = '{"role":"user","content":"hi"}'

/** A request of each dialect with a call in its history. */
const requests = {
	'/v1/chat/completions': (model: string, more = '') =>
		`{"model":"${model}",${chatTools},"messages":[${user},{"role":"assistant","content":null,"tool_calls":[${chatCall}]},{"role":"tool","tool_call_id":"call_1","content":${quoted}}]${more}}`,
	'/v1/responses': (model: string, more = '') =>
		`{"model":"${model}",${responsesTools},"input":[${user},{"type":"function_call","call_id":"call_1","name":"buy","arguments":${quoted}},{"type":"function_call_output","call_id":"call_1","output":${quoted}}]${more}}`,
	'/anthropic/v1/messages': (model: string, more = '') =>
		`{"model":"${model}","max_tokens":100,${messagesTools},"messages":[${user},{"role":"assistant","content":[${spread(toolUse)}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":${quoted}}]}]${more}}`,
}
const paths = ['/v1/chat/completions', '/v1/responses', '/anthropic/v1/messages'] as const
/** The form of the arguments in each dialect and wire. */
const form = {
	chat: quoted,
	messages: nasty,
	gemini: nasty,
	'/v1/chat/completions': quoted,
	'/v1/responses': quoted,
	'/anthropic/v1/messages': nasty,
}
const pairs = paths.flatMap((path) => (['chat', 'messages', 'gemini'] as const).map((model) => [path, model] as const))

describe('client JSON is unchanged', () => {
	test.each(pairs)('in the history, the schemas and the answer of %s over %s', async (path, model) => {
		server.answers = whole
		const answer = await send(path, requests[path](model))
		expect(received()).toContain(form[model])
		expect(received()).toContain(schema)
		expect(answer).toContain(form[path])
	})

	test.each(pairs)('in the stream of %s over %s', async (path, model) => {
		server.answers = streamed
		const events = await send(path, requests[path](model, ',"stream":true'))
		const pieces = [...events.matchAll(/"(?:arguments|partial_json)":"((?:[^"\\]|\\.)*)"/g)]
		const texts = pieces.map(([, text]) => String(JSON.parse(`"${text}"`)))
		if (path === '/v1/responses') expect(texts).toContain(nasty)
		else expect(texts.join('')).toBe(nasty)
	})

	test('in the schema of a response format', async () => {
		server.answers = whole
		for (const strict of [false, true]) {
			// A strict schema names all of its properties.
			const given = `{"type":"object","properties":{"n":{"type":"integer","enum":[9223372036854775807,1.0],"const":9223372036854775807,"x-order":1.0}},"required":["n"],"additionalProperties":false}`
			const format = `{"type":"json_schema","json_schema":{"name":"f","schema":${given},"strict":${strict}}}`
			for (const model of ['chat', 'messages', 'gemini']) {
				await send('/v1/chat/completions', `{"model":"${model}","messages":[${user}],"response_format":${format}}`)
				for (const part of ['[9223372036854775807,1.0]', '"const":9223372036854775807', '"x-order":1.0'])
					expect(received()).toContain(part)
			}
		}
	})

	test('in the tools of other dialects', async () => {
		server.answers = whole
		const properties = '{"b":{"type":"integer","maximum":9223372036854775807},"2":{"type":"number","enum":[1.0]}}'
		const tool = `{"name":"buy","description":"d","arguments":{"type":"object","properties":${properties}}}`
		await send('/egp/v4/agents/execute', `{"model":"chat","messages":[{"content":"hi"}],"tools":[${tool}]}`)
		expect(received()).toContain(properties)
		for (const path of [
			'/albert/v1/chat/completions',
			'/opengatellm/v1/chat/completions',
			'/aleph-alpha/chat/completions',
		]) {
			const fields = `${chatTools},"seed":9223372036854775807,"ratio":1.0,"options":${nasty}`
			await send(path, `{"model":"chat","messages":[${user}],${fields}}`)
			for (const part of [schema, '"seed":9223372036854775807', '"ratio":1.0', `"options":${nasty}`])
				expect(received()).toContain(part)
		}
	})

	test('in unknown fields of requests', async () => {
		server.answers = whole
		const fields = `"limit":12345678901234567890,"ratio":1.0,"options":${nasty},"list":[1.0,${nasty}]`
		await send('/v1/chat/completions', requests['/v1/chat/completions']('chat', `,${fields}`))
		for (const field of ['"limit":12345678901234567890', '"ratio":1.0', `"options":${nasty}`, `"list":[1.0,${nasty}]`])
			expect(received()).toContain(field)
		await send('/anthropic/v1/messages', requests['/anthropic/v1/messages']('messages', `,${fields}`))
		expect(received()).toContain('"limit":12345678901234567890,"ratio":1.0')
		expect(received()).toContain(`"options":${nasty},"list":[1.0,${nasty}]`)
	})

	test.each(['/v1/chat/completions', '/aleph-alpha/chat/completions'])(
		'in unknown fields of a request that breaks a rule of OpenAI: %s',
		async (path) => {
			server.answers = whole
			const tool = '{"type":"function","function":{"name":"f","ratio":1.0},"ratio":2.0}'
			await send(path, `{"model":"chat","temperature":9,"messages":[${user}],"tools":[${tool}]}`)
			expect(received()).toContain(tool)
		},
	)

	test('in unknown fields of messages, content and tools', async () => {
		server.answers = whole
		let count = 0
		const own = () => `"big":9007199254740993,"ratio":${++count}.0`
		const block = (type: string, fields: string) => `{"type":"${type}",${fields},${own()}}`
		const given = `{"model":"messages","max_tokens":9,"system":[${block('text', '"text":"a"')}],
			"messages":[{"role":"user","content":[${block('text', '"text":"b"')},${block('image', '"source":{"type":"url","url":"https://x.test/a.png"}')}],${own()}},
			{"role":"assistant","content":[${block('thinking', '"thinking":"c","signature":"s"')},${block('tool_use', '"id":"t","name":"f","input":{}')},${block('server_tool_use', '"id":"u","name":"w","input":{}')}]},
			{"role":"user","content":[${block('tool_result', `"tool_use_id":"t","content":[${block('text', '"text":"d"')}]`)}]}],
			"tools":[{"name":"f","input_schema":{"type":"object"},${own()}}]}`
		await send('/anthropic/v1/messages', given)
		const all = given.match(/"big":9007199254740993,"ratio":\d+\.0/g)?.sort()
		expect(
			received()
				.match(/"big":9007199254740993,"ratio":\d+\.0/g)
				?.sort(),
		).toEqual(all)
	})

	test.each(['9223372036854775807', '-9223372036854775808', '18446744073709551615', '9007199254740993', '7'])(
		'in the seed %s',
		async (seed) => {
			server.answers = whole
			for (const [path, body] of [
				['/v1/chat/completions', `{"model":"chat","messages":[${user}],"seed":${seed}}`],
				['/v1/completions', `{"model":"chat","prompt":"hi","seed":${seed}}`],
			] as const) {
				server.answers = { ...whole, '/completions': whole['/chat/completions'] ?? '' }
				await send(path, body).catch(() => undefined)
				expect(received()).toContain(`"seed":${seed}`)
			}
		},
	)

	test('in unknown fields of answers', async () => {
		const message = `{"role":"assistant","content":"hi","extra":${nasty},"size":12345678901234567890}`
		server.answers = { '/chat/completions': chatAnswer(message, `,"own":${nasty},"ratio":1.0`) }
		const answer = await send('/v1/chat/completions', `{"model":"chat","messages":[${user}]}`)
		for (const field of [`"extra":${nasty}`, '"size":12345678901234567890', `"own":${nasty}`, '"ratio":1.0'])
			expect(answer).toContain(field)
		const delta = `{"content":"hi","extra":${nasty}}`
		const first =
			'{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}'
		server.answers = {
			'/chat/completions': `${sse(
				first,
				`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","ratio":1.0,"choices":[{"index":0,"delta":${delta},"size":1.0,"finish_reason":null}]}`,
				`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","ratio":1.0,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":${usage.openai}}`,
			)}data: [DONE]\n\n`,
		}
		const events = await send('/v1/chat/completions', `{"model":"chat","stream":true,"messages":[${user}]}`)
		for (const field of [`"extra":${nasty}`, '"size":1.0', '"ratio":1.0']) expect(events).toContain(field)
	})

	test('in a stored response', async () => {
		server.answers = whole
		const created = await send('/v1/responses', requests['/v1/responses']('messages', ',"store":true'))
		const headers = { authorization: `Bearer ${secret}` }
		const read = async (path: string) =>
			(await gateway.gateway.fetch(new Request(`http://localhost/v1${path}`, { headers }))).text()
		const id = String(JSON.parse(created).id)
		expect(await read(`/responses/${id}`)).toContain(`"arguments":${quoted}`)
		expect(await read(`/responses/${id}`)).toContain(schema)
		expect(await read(`/responses/${id}/input_items`)).toContain(`"arguments":${quoted}`)
		const next = `{"model":"messages","previous_response_id":"${id}","input":[{"type":"function_call_output","call_id":"toolu_1","output":"ok"}]}`
		await send('/v1/responses', next)
		// The call of the history and that of the answer.
		expect(received().split(nasty)).toHaveLength(3)
	})

	test('in a stored completion', async () => {
		server.answers = whole
		const body = requests['/v1/chat/completions']('chat', ',"store":true,"seed":9223372036854775807')
		const { id } = JSON.parse(await send('/v1/chat/completions', body))
		const headers = { authorization: `Bearer ${secret}` }
		const stored = await gateway.gateway.fetch(new Request(`http://localhost/v1/chat/completions/${id}`, { headers }))
		const text = await stored.text()
		for (const part of [`"arguments":${quoted}`, schema, '"seed":9223372036854775807']) expect(text).toContain(part)
	})
})

test('a known field that takes a number is refused if a number does not represent it', async () => {
	const body = `{"model":"chat","messages":[${user}],"max_tokens":9223372036854775807}`
	expect((await rejection(send('/v1/chat/completions', body))).message).toContain('max_tokens')
})
