// OpenGateLLM over sockets: chat with usage, models, rerank, transcriptions, the caller's keys and usage, and its
// errors.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { runCommand, startServer, type TestServer } from './server.ts'

let server: TestServer
let upstream: ReturnType<typeof Bun.serve>
/** The last request to the upstream. */
let sent: { readonly path: string; readonly body: unknown } = { path: '', body: undefined }

beforeAll(async () => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			const path = new URL(request.url).pathname
			sent = { path, body: path.includes('audio') ? await request.formData() : await request.json() }
			if (path === '/rerank') return Response.json([0.1, 0.9].map((score, index) => ({ index, score })))
			if (path === '/v1/audio/transcriptions') return new Response('1\n00:00:00,000 --> 00:00:02,000\nBonjour\n')
			return Response.json({ error: { message: 'nothing here' } }, { status: 503 })
		},
	})
	server = await startServer({
		config: `
models:
  albert-small:
    route: [echo]
    aliases: [AgentPublic/llama3-instruct-8b]
    ownedBy: dinum
    contextTokens: 8000
    price: { input: 100, output: 400, currency: EUR }
  reranker: { route: [tei], type: text-classification }
  whisper: { route: [whisper], type: automatic-speech-recognition }
upstreams:
  echo: { engine: echo }
  tei: { engine: openai-compatible, url: http://127.0.0.1:${upstream.port}, rerankWords: texts }
  whisper: { engine: openai-compatible, url: http://127.0.0.1:${upstream.port}/v1, model: whisper-large-v3 }
`,
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

const model = 'albert-small'
const base = '/opengatellm/v1'
const message = (content: string, extra: object = {}) => ({ model, messages: [{ role: 'user', content }], ...extra })

interface FailOverRequest {
	readonly method?: string
	readonly body?: unknown
	readonly key?: string
}

async function send(
	path: string,
	{ body, key = server.key, method = body === undefined ? 'GET' : 'POST' }: FailOverRequest = {},
) {
	const response = await fetch(server.url + base + path, {
		method,
		headers: key === '' ? {} : { authorization: `Bearer ${key}` },
		...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
	})
	const text = await response.text()
	const isJson = response.headers.get('content-type')?.includes('json') === true
	return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

async function makeKey(...flags: readonly string[]): Promise<string> {
	const { stdout } = await runCommand(['keys', 'create', '--name', 'some', ...flags, '--data', server.data])
	return stdout.trim()
}

test('models have a type, aliases and prices', async () => {
	const expected = {
		object: 'model',
		id: model,
		type: 'text-generation',
		aliases: ['AgentPublic/llama3-instruct-8b'],
		created: expect.any(Number),
		owned_by: 'dinum',
		max_context_length: 8000,
		costs: { prompt_tokens: 100, completion_tokens: 400 },
	}
	const { body } = await send('/models')
	expect(body.object).toBe('list')
	expect(body.data[0]).toEqual(expected)
	expect(body.data[1].costs).toEqual({ prompt_tokens: 0, completion_tokens: 0 })
	for (const name of [model, 'AgentPublic/llama3-instruct-8b', 'AgentPublic%2Fllama3-instruct-8b'])
		expect((await send(`/models/${name}`)).body).toEqual(expected)
})

describe('chat', () => {
	test('reports cost, impacts and carbon in its usage, and the public name', async () => {
		const { body } = await send('/chat/completions', {
			body: { ...message('one two'), model: 'AgentPublic/llama3-instruct-8b' },
		})
		expect(body).toMatchObject({ model, choices: [{ message: { content: 'one two' } }] })
		const { prompt_tokens: prompt, completion_tokens: completion, cost } = body.usage
		expect(cost).toBe((prompt * 100 + completion * 400) / 1_000_000)
		expect(body.usage).toMatchObject({
			impacts: { kWh: 0, kgCO2eq: 0 },
			carbon: { kWh: { min: 0, max: 0 }, kgCO2eq: { min: 0, max: 0 } },
			requests: 1,
			details: [{ id: body.id, model }],
			prompt_tokens_details: { cached_tokens: 0 },
		})
	})

	for (const options of [{}, { stream_options: { include_usage: true } }, { stream_options: { include_usage: false } }])
		test(`streams with one usage chunk at the end, ${JSON.stringify(options)}`, async () => {
			const { text } = await send('/chat/completions', { body: message('one two', { stream: true, ...options }) })
			const events = text.trimEnd().split('\n\n')
			expect(events.pop()).toBe('data: [DONE]')
			const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)))
			expect(chunks[0].choices[0].delta).toMatchObject({ role: 'assistant', content: '' })
			expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([chunks.at(-1)])
			expect(chunks.at(-2).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
			expect(chunks.at(-1).usage.cost).toBeGreaterThan(0)
		})

	test('an error within a stream is its last event', async () => {
		const { text } = await send('/chat/completions', {
			body: message('echo:error-after 1 overloaded\nx y', { stream: true }),
		})
		const last = text.trimEnd().split('\n\n').at(-1) ?? ''
		expect(last).toStartWith('event: error\ndata: {')
		expect(JSON.parse(last.slice(last.indexOf('{')))).toMatchObject({
			error: { code: 'server_is_overloaded' },
			detail: expect.any(String),
		})
	})

	test('calls tools without a tool choice', async () => {
		const tools = [{ type: 'function', function: { name: 'get_weather' } }]
		const { body } = await send('/chat/completions', { body: message('echo:tool get_weather {}', { tools }) })
		expect(body.choices[0].message.tool_calls[0].function.name).toBe('get_weather')
	})

	test('refuses to search in documents', async () => {
		const { status, body } = await send('/chat/completions', {
			body: message('x', { search: true, search_args: { k: 1 } }),
		})
		expect([status, typeof body.detail, body.error.code]).toEqual([410, 'string', 'gone'])
	})
})

test('embeddings, in numbers and in base64', async () => {
	const { body } = await send('/embeddings', { body: { model, input: ['a', 'b c'] } })
	expect(body).toMatchObject({ object: 'list', model, usage: { prompt_tokens: 3, completion_tokens: 0, cost: 0.0003 } })
	const encoded = await send('/embeddings', { body: { model, input: 'a', encoding_format: 'base64' } })
	const bytes = Buffer.from(encoded.body.data[0].embedding, 'base64')
	expect(bytes.readFloatLE(0)).toBeCloseTo(body.data[0].embedding[0])
})

describe('rerank', () => {
	const documents = ['Count to ten.', 'The sea is blue.']
	test('in the current and in the older format', async () => {
		const { body } = await send('/rerank', { body: { model, query: 'The sea is blue.', documents, top_n: 1 } })
		expect(body).toMatchObject({ object: 'list', model, results: [{ index: 1 }], usage: { requests: 1 } })
		expect(body.results).toHaveLength(1)
		const older = await send('/rerank', { body: { model, prompt: 'The sea is blue.', input: documents } })
		expect(older.body.data.map(({ index }: { index: number }) => index)).toEqual([1, 0])
		expect(older.body.data[0]).toMatchObject({ object: 'rerank', score: expect.any(Number) })
	})
	test('by text-embeddings-inference', async () => {
		const { body } = await send('/rerank', { body: { model: 'reranker', query: 'q', documents } })
		expect(sent).toEqual({ path: '/rerank', body: { query: 'q', texts: documents, truncate: true } })
		expect(body.results).toEqual([
			{ index: 1, relevance_score: 0.9 },
			{ index: 0, relevance_score: 0.1 },
		])
		// It reports no tokens, so they are counted here.
		expect(body.usage.prompt_tokens).toBe(10)
	})
	test('not with the fields of both', async () => {
		const { status } = await send('/rerank', { body: { model, query: 'q', documents, prompt: 'q', input: documents } })
		expect(status).toBe(422)
	})
})

describe('transcriptions', () => {
	const form = (fields: Readonly<Record<string, string>>) => {
		const made = new FormData()
		made.set('file', new File([new Uint8Array([82, 73, 70, 70, 0, 255])], 'speech.wav', { type: 'audio/wav' }))
		for (const [name, value] of Object.entries(fields)) made.set(name, value)
		return made
	}
	test('in every format', async () => {
		const types: Record<string, string> = { text: 'text/plain', srt: 'application/x-subrip', vtt: 'text/vtt' }
		for (const format of ['json', 'verbose_json', 'diarized_json', 'text', 'srt', 'vtt']) {
			const body = form({ model, prompt: 'Hello there.', response_format: format })
			const answer = await send('/audio/transcriptions', { body })
			expect([format, answer.status]).toEqual([format, 200])
			expect(answer.headers.get('content-type')).toStartWith(types[format] ?? 'application/json')
			expect(answer.text).toContain('Hello there.')
			if (types[format] === undefined)
				expect(answer.body).toMatchObject({
					text: 'Hello there.',
					model,
					id: expect.any(String),
					usage: { requests: 1 },
				})
		}
	})
	test('the upstream is sent the file and the language’s code', async () => {
		const body = form({ model: 'whisper', language: 'French', response_format: 'srt' })
		const { text } = await send('/audio/transcriptions', { body })
		expect(text).toContain('Bonjour')
		if (!(sent.body instanceof FormData)) throw new Error('no form came upstream')
		expect([sent.body.get('model'), sent.body.get('language')]).toEqual(['whisper-large-v3', 'fr'])
		const file = sent.body.get('file')
		expect(file instanceof File ? [...(await file.bytes())] : []).toEqual([82, 73, 70, 70, 0, 255])
	})
	test('without a file, or not as a form', async () => {
		const none = new FormData()
		none.set('model', model)
		expect((await send('/audio/transcriptions', { body: none })).status).toBe(422)
		expect((await send('/audio/transcriptions', { body: { model } })).status).toBe(422)
	})
})

describe('openai for Node', () => {
	const client = (apiKey = server.key, path = base) => new OpenAI({ baseURL: server.url + path, apiKey, maxRetries: 0 })

	test('chooses a model by its type, chats and streams, as the tutorial does', async () => {
		for (const openai of [client(), client(await makeKey('--dialect', 'opengatellm'), '/v1')]) {
			const { data } = await openai.models.list()
			const chosen = data.find((one) => 'type' in one && one.type === 'text-generation')?.id ?? ''
			const request = { model: chosen, messages: [{ role: 'user' as const, content: "What's up Albert ?" }] }
			const answer = await openai.chat.completions.create(request)
			expect(answer.choices[0]?.message.content).toBe("What's up Albert ?")
			expect(answer.usage).toMatchObject({ cost: expect.any(Number) })
			const printed: (string | null | undefined)[] = []
			for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) {
				if (chunk.choices[0]?.finish_reason !== null) break
				printed.push(chunk.choices[0]?.delta.content)
			}
			expect(printed[0]).toBe('')
			expect(printed.join('')).toBe("What's up Albert ?")
		}
	})
	test('embeds, transcribes, and throws the expected errors', async () => {
		const openai = client()
		const { data } = await openai.embeddings.create({ model, input: 'a' })
		expect(data[0]?.embedding.length).toBe(64)
		const file = new File([new Uint8Array([82, 73, 70, 70])], 'speech.wav')
		expect((await openai.audio.transcriptions.create({ model, file, prompt: 'Hello.' })).text).toBe('Hello.')
		const thrownBy = (work: () => Promise<unknown>) =>
			work().then(
				() => undefined,
				(thrown: unknown) => thrown,
			)
		const broken = await thrownBy(async () => {
			const failing = { ...request('echo:error-after 1 overloaded\nx y'), stream: true as const }
			for await (const _ of await openai.chat.completions.create(failing));
		})
		expect(String(broken)).toContain("instructed the echo engine to fail with 'overloaded'")
		const missing = await thrownBy(async () => openai.chat.completions.create({ ...request('x'), model: 'none' }))
		expect(missing).toBeInstanceOf(OpenAI.NotFoundError)
		const refused = await thrownBy(async () => client('wrong-key-of-nobody').models.list())
		expect(refused).toBeInstanceOf(OpenAI.AuthenticationError)
	})
	const request = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] })
})

describe('the caller’s keys', () => {
	test('are created, used, listed, shown and revoked, at the paths of every version', async () => {
		for (const path of ['/me/keys', '/keys', '/tokens']) {
			const owner = await makeKey('--tenant', 'clinic', '--owner', `ward of ${path}`)
			const expires = Math.floor(Date.now() / 1000) + 3600
			const made = await send(path, { body: { name: 'notebook', expires }, key: owner })
			expect([made.status, made.body]).toMatchObject([201, { name: 'notebook', expires, status: 'active' }])
			const { id, token, value } = made.body
			expect(value).toBe(token)
			expect((await send('/me', { key: token })).body).toMatchObject({
				id: `ward of ${path}`,
				expires,
				permissions: [],
			})
			const { body: list } = await send(`${path}?sort_by=created&order_direction=desc`, { key: owner })
			expect(list.data.map(({ name }: { name: string }) => name)).toEqual(['notebook', 'some'])
			expect(JSON.stringify(list)).not.toContain(token)
			expect((await send(`${path}/${id}`, { key: owner })).body).toMatchObject({ id, object: 'key', status: 'active' })
			const ended = await send(`${path}/${id}`, { method: 'DELETE', key: owner })
			expect(ended.status).toBe(path === '/keys' ? 200 : 204)
			expect((await send('/models', { key: token })).status).toBe(401)
			expect((await send(`${path}/${id}`, { key: owner })).status).toBe(404)
			expect((await send(`${path}/${id}`, { method: 'DELETE', key: owner })).status).toBe(404)
		}
	})

	test('have no more permissions than the key that created them, and expire no later', async () => {
		const { body: made } = await send('/keys', { body: { name: 'child' } })
		expect((await send('/me', { key: made.value })).body.permissions).toEqual([])
		const shortLived = await makeKey('--expires', '2999-01-01')
		const { body: child } = await send('/keys', { body: { name: 'child', expires: 33_000_000_000 }, key: shortLived })
		expect(child.expires).toBe(Date.UTC(2999, 0, 1) / 1000)
		const { body: other } = await send('/keys', { body: { name: 'child' }, key: shortLived })
		expect(other.expires).toBe(Date.UTC(2999, 0, 1) / 1000)
	})

	test('are listed with the last day on which each called a model, and with what the caller may do', async () => {
		const owner = await makeKey('--owner', 'with days')
		const { body: used } = await send('/keys', { body: { name: 'used' }, key: owner })
		expect(used).not.toHaveProperty('last_used_on')
		await send('/models', { key: owner })
		const dayBefore = new Date().toISOString().slice(0, 10)
		await send('/chat/completions', { body: message('one'), key: used.token })
		const { body: list } = await send('/keys?sort_by=name', { key: owner })
		const today = new Date().toISOString().slice(0, 10)
		const days = list.data.map(({ name, last_used_on }: { name: string; last_used_on: string }) => [name, last_used_on])
		expect(list.can_create).toBe(true)
		expect(days[0]).toEqual(['some', null])
		expect([dayBefore, today]).toContain(days[1][1])
		expect((await send(`/keys/${used.id}`, { key: owner })).body.last_used_on).toBe(days[1][1])
	})

	test('cannot expire in the past', async () => {
		expect((await send('/keys', { body: { name: 'x', expires: 1000 } })).status).toBe(422)
		expect((await send('/keys', { body: { expires: null } })).status).toBe(422)
	})

	test('are rejected once they have expired', async () => {
		const { body: made } = await send('/keys', { body: { name: 'brief', expires: Math.ceil(Date.now() / 1000) + 1 } })
		let status = (await send('/models', { key: made.value })).status
		expect(status).toBe(200)
		while (status === 200) status = (await send('/models', { key: made.value })).status
		expect(status).toBe(401)
		const { body } = await send('/keys?status=expired')
		expect(body.data.map(({ id }: { id: string }) => id)).toEqual([made.id])
	})
})

describe('the caller’s usage', () => {
	let key = ''
	beforeAll(async () => {
		key = await makeKey('--owner', 'counted')
		for (const text of ['one', 'one two three']) await send('/chat/completions', { body: message(text), key })
		await send('/embeddings', { body: { model, input: 'a' }, key })
		await send('/chat/completions', { body: message('echo:error overloaded'), key })
		// Of another owner.
		await send('/chat/completions', { body: message('one') })
	})

	test('call by call', async () => {
		const { body } = await send('/me/usage', { key })
		expect(body.total).toBe(4)
		const statuses = body.data.map(({ endpoint, status }: { endpoint: string; status: number }) => [endpoint, status])
		expect(statuses).toEqual([
			['/v1/chat/completions', 500],
			['/v1/embeddings', 200],
			['/v1/chat/completions', 200],
			['/v1/chat/completions', 200],
		])
		expect(body.data[3]).toMatchObject({
			...{ object: 'me.usage', model, key: 'some', method: 'POST', created: expect.any(Number) },
			usage: { cost: expect.any(Number), impacts: { kWh: 0 }, metrics: { latency: expect.any(Number) } },
		})
		const { body: one } = await send('/me/usage?endpoint=/v1/embeddings&limit=1', { key })
		expect([one.total, one.data.length]).toEqual([1, 1])
		expect((await send('/me/usage?endpoint=/v1/ocr', { key })).body.data).toEqual([])
		expect((await send('/me/usage?end_time=1000', { key })).body.data).toEqual([])
		expect((await send('/me/usage?limit=101', { key })).status).toBe(422)
	})

	test('in pages, as version 0.2', async () => {
		const { body } = await send('/usage?limit=3&order_by=total_tokens&order_direction=desc', { key })
		expect(body).toMatchObject({ total: 4, total_requests: 4, page: 1, limit: 3, total_pages: 2, has_more: true })
		const tokens = body.data.map(({ total_tokens: count }: { total_tokens: number }) => count)
		expect(tokens).toEqual(tokens.toSorted((a: number, b: number) => b - a))
		const { body: rest } = await send('/usage?limit=3&page=2&order_by=total_tokens', { key })
		expect([rest.data.length, rest.has_more]).toEqual([1, false])
		const costs = [...body.data, ...rest.data].map(({ cost }: { cost: number }) => Math.round(cost * 1e6))
		expect(Math.round(body.total_albert_coins * 1e6)).toBe(costs.reduce((sum, cost) => sum + cost, 0))
	})

	test('by day, if a period is requested', async () => {
		const now = Math.floor(Date.now() / 1000)
		const { body } = await send(`/usage?start_time=${now - 3600}&end_time=${now + 60}`, { key })
		const { body: all } = await send('/usage', { key })
		const sum = body.data.reduce((total: number, one: { total_tokens: number }) => total + one.total_tokens, 0)
		expect(sum).toBe(all.total_tokens)
		expect(body.data[0]).toMatchObject({ object: 'usage.bucket', impacts: { kWh: 0 } })
		expect((await send(`/usage?start_time=${now}`, { key })).status).toBe(422)
		const { body: none } = await send(`/usage?start_time=${now - 60}&end_time=${now}&models=other`, { key })
		expect(none.data).toEqual([])
	})

	test('an admin sees only its own here', async () => {
		const { body } = await send('/usage')
		expect(body.data.every(({ user_id: user }: { user_id: string }) => user !== 'counted')).toBe(true)
	})
})

test('the caller, and the state of models', async () => {
	for (const path of ['/me', '/me/info', '/users/me'])
		expect((await send(path)).body).toMatchObject({
			object: 'userInfo',
			permissions: ['admin'],
			budget: null,
			limits: [],
		})
	const { body } = await send('/health/models')
	expect(body.data[0]).toEqual({ id: model, status: 'green' })
})

describe('errors are `detail` beside `error`', () => {
	test('keys', async () => {
		expect(await send('/models', { key: '' })).toMatchObject({ status: 401, body: { detail: 'Not authenticated' } })
		const wrong = await send('/models', { key: 'no-such-key-at-all' })
		expect(wrong).toMatchObject({
			status: 401,
			body: { detail: 'Invalid API key.', error: { code: 'invalid_api_key' } },
		})
	})
	test('models', async () => {
		const unknown = await send('/chat/completions', { body: { ...message('x'), model: 'none' } })
		expect(unknown).toMatchObject({
			status: 404,
			body: { detail: 'Model not found.', error: { code: 'model_not_found' } },
		})
		const busy = await send('/chat/completions', { body: message('echo:error overloaded') })
		expect(busy).toMatchObject({ status: 503, body: { detail: 'Model is too busy, please try again later.' } })
		expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0)
	})
	test('models of another type', async () => {
		const wrong = { status: 422, body: { detail: 'Wrong model type.' } }
		expect(await send('/chat/completions', { body: { ...message('x'), model: 'reranker' } })).toMatchObject(wrong)
		expect(await send('/embeddings', { body: { model: 'whisper', input: 'x' } })).toMatchObject(wrong)
		expect(await send('/rerank', { body: { model: 'whisper', query: 'q', documents: ['d'] } })).toMatchObject(wrong)
	})
	test('requests', async () => {
		const { status, body } = await send('/chat/completions', { body: { model, messages: [{ role: 'user' }] } })
		expect([status, body.detail[0].loc]).toEqual([422, ['body', 'messages', 0, 'content']])
		expect(body.error.param).toBe('messages[0].content')
	})
	test('names of keys without a visible character, or with control characters', async () => {
		for (const name of ['', '  ', 'a\nb', 'x'.repeat(201)]) {
			const { status, body } = await send('/me/keys', { body: { name } })
			expect([name, status, body.error?.param]).toEqual([name, 422, 'name'])
		}
	})
	test('unsupported operations', async () => {
		for (const [method, path, status] of [
			['POST', '/collections', 410],
			['GET', '/documents/1/chunks', 410],
			['PATCH', '/collections/1', 410],
			['POST', '/search', 410],
			['POST', '/parse-beta', 410],
			['GET', '/admin/users', 410],
			['DELETE', '/admin/keys/1', 410],
			['POST', '/auth/login', 410],
			['POST', '/ocr', 422],
		] as const) {
			const answer = await send(path, { method })
			expect([path, answer.status, answer.body.error.message.length > 20]).toEqual([path, status, true])
		}
		const shared = async (key: string) => {
			const response = await fetch(`${server.url}/v1/collections`, { headers: { authorization: `Bearer ${key}` } })
			return [response.status, Object.keys(JSON.parse(await response.text()))]
		}
		expect(await shared(server.key)).toEqual([404, ['error']])
		expect(await shared(await makeKey('--dialect', 'opengatellm'))).toEqual([410, ['error', 'detail']])
		expect(await shared(await makeKey('--dialect', 'albert'))).toEqual([410, ['detail']])
		expect(await shared('nobody')).toEqual([401, ['error']])
	})
})
