// URLs in requests of every dialect that has them: refused ones reach no upstream, permitted ones do, in normal form.

import { expect, test } from 'bun:test'
import { HostAddresses } from '../http/host-addresses.ts'
import { UrlPolicy } from '../http/url-policy.ts'
import { App, errorOf } from './pipeline.testing.ts'

const urlPolicy = new UrlPolicy({ schemes: ['https', 'http', 'data'], privateAddresses: 'refuse' })
const user = (part: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, part] }] })
const item = (part: object) => ({ input: [{ role: 'user', content: [part] }] })
const openai = '/v1/chat/completions'
const responses = '/v1/responses'
const anthropic = '/anthropic/v1/messages'
const headers = { 'anthropic-version': '2023-06-01' }

const fields: readonly (readonly [name: string, path: string, body: (url: string) => object])[] = [
	['image_url', openai, (url) => user({ type: 'image_url', image_url: { url } })],
	['file_data', openai, (url) => user({ type: 'file', file: { file_data: url, filename: 'a.pdf' } })],
	['video_url of an unknown part', openai, (url) => user({ type: 'video_url', video_url: { url } })],
	['an unknown field of a part', openai, (url) => user({ type: 'text', text: 'a', source_uri: url })],
	['an unknown field of a message', openai, (url) => ({ messages: [{ role: 'user', content: 'hi', image_url: url }] })],
	['an unknown field of the request', openai, (url) => ({ ...user({ type: 'text', text: 'a' }), webhook: { url } })],
	['a list of URLs', openai, (url) => ({ ...user({ type: 'text', text: 'a' }), extra: { image_urls: [url] } })],
	['input_image', responses, (url) => item({ type: 'input_image', image_url: url, detail: 'auto' })],
	['input_file', responses, (url) => item({ type: 'input_file', file_url: url })],
	[
		'a screenshot of a computer',
		responses,
		(url) => ({
			input: [
				{ role: 'user', content: 'hi' },
				{ type: 'computer_call', id: 'a', call_id: 'c', action: { type: 'screenshot' } },
				{ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: url } },
			],
		}),
	],
	['an image', anthropic, (url) => ({ max_tokens: 9, ...user({ type: 'image', source: { type: 'url', url } }) })],
	['a document', anthropic, (url) => ({ max_tokens: 9, ...user({ type: 'document', source: { type: 'url', url } }) })],
	[
		'the address of a tool server in Anthropic',
		anthropic,
		(url) => ({ max_tokens: 9, ...user({ type: 'text', text: 'a' }), mcp_servers: [{ type: 'url', url, name: 'a' }] }),
	],
]

test.each(fields)('a refused URL in %s is answered with 400 and reaches no upstream', async (_, path, body) => {
	await using app = await App.open({ handler: { urlPolicy } })
	for (const url of ['file:///etc/passwd', 'gopher://example.com/', 'http://169.254.169.254/latest', 'http://0x7f.1/'])
		for (const stream of [false, true]) {
			const response = await app.post(
				path,
				{ model: 'echo', stream, ...body(url) },
				path === anthropic ? { headers } : {},
			)
			expect([url, response.status]).toEqual([url, 400])
			const { message } = await errorOf(response)
			expect(message).toContain('Invalid URL')
			expect(message).not.toContain('passwd')
		}
	expect(app.upstream().received).toEqual([])
})

test('the address of a tool server reaches no upstream of another wire', async () => {
	await using app = await App.open({ handler: { urlPolicy } })
	const tools = [{ type: 'mcp', server_label: 'a', server_url: 'http://127.0.0.1/mcp', require_approval: 'never' }]
	const response = await app.post(responses, { model: 'echo', input: 'hi', tools })
	expect(response.headers.get('x-dragoman-dropped')).toBe('tools.mcp')
	expect(app.upstream().received.join()).not.toContain('127.0.0.1')
})

test('a permitted URL is sent in normal form if it is unusual, and text of the conversation is not read as one', async () => {
	await using app = await App.open({ handler: { urlPolicy } })
	const text = 'see file:///etc/passwd and http://127.0.0.1/'
	const image = { type: 'image_url', image_url: { url: 'HTTPS:\\\\Example.com\\a b' } }
	const parameters = { type: 'object', properties: { url: { type: 'string', default: 'http://localhost/' } } }
	const tools = [{ type: 'function', function: { name: 'open', parameters } }]
	const call = { id: 'c', type: 'function', function: { name: 'open', arguments: '{"url":"http://localhost/"}' } }
	const messages = [
		{ role: 'user', content: [{ type: 'text', text }, image] },
		{ role: 'assistant', tool_calls: [call] },
		{ role: 'tool', tool_call_id: 'c', content: text },
	]
	const metadata = { url: 'http://localhost/' }
	const response = await app.post(openai, { model: 'echo', messages, tools, metadata, store: false })
	expect(response.status).toBe(200)
	const [received = ''] = app.upstream().received
	expect(received).toContain('"https://example.com/a%20b"')
	expect(received).toContain(text)
})

test('a usual URL is sent unchanged, and texts that are none, in what another server has answered, too', async () => {
	await using app = await App.open({ handler: { urlPolicy } })
	const item = {
		type: 'web_search_tool_result',
		tool_use_id: 'a',
		content: [{ url: 'w.example' }, { url: 'https://w.example' }],
	}
	const messages = [
		{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com' } }] },
		{ role: 'assistant', content: [item] },
		{ role: 'user', content: 'hi' },
	]
	const response = await app.post(anthropic, { model: 'echo', max_tokens: 9, messages }, { headers })
	expect(response.status).toBe(200)
	expect(app.upstream().received[0]).toContain('"https://example.com"')
})

test('without a policy, every URL is sent unchanged', async () => {
	await using app = await App.open()
	const body = user({ type: 'image_url', image_url: { url: 'http://127.0.0.1/a b' } })
	expect((await app.post(openai, { model: 'echo', ...body })).status).toBe(200)
	expect(app.upstream().received[0]).toContain('"http://127.0.0.1/a b"')
})

test('names are resolved: one with a private address reaches no upstream, in no field', async () => {
	const asked: string[] = []
	const lookUp = async (name: string) => {
		asked.push(name)
		return name.startsWith('private') ? ['93.184.216.34', '10.0.0.1'] : ['93.184.216.34']
	}
	const resolving = new UrlPolicy(
		{ schemes: ['https', 'http', 'data'], privateAddresses: 'refuse' },
		new HostAddresses({ lookUp, nowMs: () => 0 }),
	)
	await using app = await App.open({ handler: { urlPolicy: resolving } })
	for (const [name, path, body] of fields) {
		const options = path === anthropic ? { headers } : {}
		const isRefused = async (host: string) => {
			const response = await app.post(path, { model: 'echo', ...body(`https://${host}.example.com/a`) }, options)
			return (await response.text()).includes('urls.privateAddresses')
		}
		expect([name, await isRefused('private'), await isRefused('public')]).toEqual([name, true, false])
	}
	expect(asked).toEqual(['private.example.com', 'public.example.com'])
	expect(app.upstream().received.join()).not.toContain('private.example.com')
})
