// Upstreams of every wire that report token counts which cannot be right: no such number reaches the client, a usage
// record or a sum, in any operation, and usage can be queried afterwards.

import { afterAll, expect, test } from 'bun:test'
import { runCommand, startServer } from './server.ts'

/** As JSON. */
const numbers = [
	'9007199254740991',
	'-5',
	'1e300',
	'1e999',
	'2.5',
	'5000000000',
	'60000000',
	'"12"',
	'null',
	'{}',
] as const

/** Answers every request with the counts that the first segment of its path is the index of. */
const upstream = Bun.serve({
	port: 0,
	async fetch(request) {
		const path = new URL(request.url).pathname
		const count = numbers[Number(path.split('/')[1])] ?? '0'
		const stream = path.includes('streamGenerateContent') || /"stream":\s*true/.test(await request.text())
		const [type, body] = path.includes('/messages')
			? writeMessage(count, stream)
			: path.includes('enerateContent')
				? writeGemini(count, stream)
				: writeOpenai(count, stream, path)
		return new Response(body, { headers: { 'content-type': type } })
	},
})

type Written = readonly [type: string, body: string]
const [eventStream, json] = ['text/event-stream', 'application/json']

function writeOpenai(count: string, stream: boolean, path: string): Written {
	const usage = `{"prompt_tokens":${count},"completion_tokens":${count},"total_tokens":${count},"prompt_tokens_details":{"cached_tokens":${count}},"completion_tokens_details":{"reasoning_tokens":${count}}}`
	const head = '"id":"1","created":1,"model":"m"'
	if (path.endsWith('/embeddings'))
		return [json, `{"object":"list","model":"m","data":[{"index":0,"embedding":[0.5]}],"usage":${usage}}`]
	if (path.endsWith('/rerank'))
		return [json, `{"results":[{"index":0,"relevance_score":0.5}],"usage":{"total_tokens":${count}}}`]
	if (path.endsWith('/completions') && !path.endsWith('/chat/completions'))
		return [
			json,
			`{${head},"object":"text_completion","choices":[{"index":0,"text":"one two","finish_reason":"stop"}],"usage":${usage}}`,
		]
	if (!stream)
		return [
			json,
			`{${head},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"one two"},"finish_reason":"stop"}],"usage":${usage}}`,
		]
	return [
		eventStream,
		[
			`{${head},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"one two"},"finish_reason":null}]}`,
			`{${head},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
			`{${head},"object":"chat.completion.chunk","choices":[],"usage":${usage}}`,
			'[DONE]',
		]
			.map((data) => `data: ${data}\n\n`)
			.join(''),
	]
}

function writeMessage(count: string, stream: boolean): Written {
	const usage = `{"input_tokens":${count},"output_tokens":${count},"cache_read_input_tokens":${count},"cache_creation_input_tokens":${count}}`
	const head = '"id":"1","type":"message","role":"assistant","model":"m"'
	if (!stream)
		return [json, `{${head},"content":[{"type":"text","text":"one two"}],"stop_reason":"end_turn","usage":${usage}}`]
	return [
		eventStream,
		[
			`{"type":"message_start","message":{${head},"content":[],"usage":${usage}}}`,
			'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
			'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one two"}}',
			'{"type":"content_block_stop","index":0}',
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":${usage}}`,
			'{"type":"message_stop"}',
		]
			.map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`)
			.join(''),
	]
}

function writeGemini(count: string, stream: boolean): Written {
	const usage = `{"promptTokenCount":${count},"candidatesTokenCount":${count},"thoughtsTokenCount":${count},"cachedContentTokenCount":${count},"totalTokenCount":${count}}`
	const body = `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"one two"}]},"finishReason":"STOP"}],"usageMetadata":${usage}}`
	return stream ? [eventStream, `data: ${body}\n\n`] : [json, body]
}

const engines = { 'openai-compatible': '/v1', anthropic: '/v1', gemini: '' } as const
const names = Object.keys(engines).flatMap((engine) =>
	numbers.map((_, index) => ({ engine, index, name: `${engine}-${index}` })),
)
const server = await startServer({
	config: `
models:
${names.map(({ name }) => `  ${name}: { route: [${name}], price: { input: 15, output: 60, currency: EUR } }`).join('\n')}
upstreams:
${names
	.map(({ engine, index, name }) => {
		const path = Object.entries(engines).find(([one]) => one === engine)?.[1] ?? ''
		return `  ${name}: { engine: ${engine}, url: "http://127.0.0.1:${upstream.port}/${index}${path}", key: k, model: m }`
	})
	.join('\n')}
`,
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

async function post(path: string, body: object): Promise<string> {
	const response = await fetch(`${server.url}${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	})
	const text = await response.text()
	expect([response.status, text]).toEqual([200, text])
	return text
}

/** Every count in a body or a stream. */
function countsOf(text: string): readonly (readonly [name: string, count: number])[] {
	const found = [...text.matchAll(/"(\w+_tokens)":(-?[\d.e+]+)/g)]
	return found.map(([, name = '', value]) => [name, Number(value)])
}

function expectPlausible(text: string): void {
	const counts = countsOf(text)
	expect(counts.length).toBeGreaterThan(0)
	for (const [name, count] of counts) {
		expect([name, Number.isInteger(count) && count >= 0 && count < 100]).toEqual([name, true])
	}
}

const messages = [{ role: 'user', content: 'hi' }]

for (const { engine, index, name } of names) {
	test(`${engine} reports ${numbers[index]}`, async () => {
		expectPlausible(await post('/v1/chat/completions', { model: name, messages }))
		const stream = { stream: true, stream_options: { include_usage: true } }
		expectPlausible(await post('/v1/chat/completions', { model: name, messages, ...stream }))
		expectPlausible(await post('/v1/responses', { model: name, input: 'hi' }))
		if (engine !== 'openai-compatible') return
		expectPlausible(await post('/v1/embeddings', { model: name, input: 'hi' }))
		expectPlausible(await post('/v1/completions', { model: name, prompt: 'hi' }))
		await post('/v1/rerank', { model: name, query: 'hi', documents: ['one'] })
	})
}

test('usage sums are plausible, and every call is in them', async () => {
	// Waits until the records are in the database.
	expect((await server.call('/v1/organization/usage/completions?start_time=0')).status).toBe(200)
	const { stdout, status } = await runCommand(['usage', '--by', 'model', '--json', '--data', server.data])
	expect(status).toBe(0)
	const rows: readonly {
		model: string
		requests: number
		promptTokens: number
		completionTokens: number
		costMicros: number
	}[] = JSON.parse(stdout)
	expect(rows).toHaveLength(names.length)
	for (const { model, requests, promptTokens, completionTokens, costMicros } of rows) {
		expect([model, requests]).toEqual([model, model.startsWith('openai') ? 6 : 3])
		expect([model, promptTokens > 0 && promptTokens < 200]).toEqual([model, true])
		expect([model, completionTokens > 0 && completionTokens < 50]).toEqual([model, true])
		expect([model, Number.isInteger(costMicros) && costMicros < 20_000]).toEqual([model, true])
	}
})
