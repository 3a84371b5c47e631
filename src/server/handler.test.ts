import { describe, expect, test } from 'bun:test'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import { App, errorOf, json, readerOf } from '../pipeline/pipeline.testing.ts'
import { PageFiles } from './page-files.ts'

describe('every response', () => {
	test('has a new request id and permits any origin', async () => {
		await using app = await App.open()
		const responses = [await app.chat('hi'), await app.chat('hi', { model: 'unknown' }), await app.stream('hi')]
		const ids = responses.map(({ headers }) => headers.get('x-request-id') ?? '')
		for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{32}$/)
		expect(new Set(ids).size).toBe(3)
		for (const { headers } of responses) expect(headers.get('access-control-allow-origin')).toBe('*')
	})

	test.each([
		[true, 'req_given'],
		[false, expect.stringMatching(/^req_[0-9a-f]{32}$/)],
	])('has the id of a trusted gateway only (%s)', async (trustsRequestIds, id) => {
		await using app = await App.open({ handler: { trustsRequestIds } })
		const response = await app.chat('hi', {}, { headers: { 'x-request-id': 'req_given' } })
		expect(response.headers.get('x-request-id')).toEqual(id)
	})

	test('stays out of caches', async () => {
		await using app = await App.open()
		for (const path of ['/v1/models', '/v1/conversations', '/v1/nowhere', '/health', '/ready', '/version'])
			expect([path, (await app.get(path)).headers.get('cache-control')]).toEqual([path, 'no-store'])
		expect((await app.chat('hi')).headers.get('cache-control')).toBe('no-store')
		expect((await app.stream('hi')).headers.get('cache-control')).toBe('no-cache')
	})

	test('is logged once, with its status and duration', async () => {
		await using app = await App.open()
		await app.chat('hi')
		await (await app.stream('hi')).text()
		await app.chat('hi', { model: 'unknown' })
		await app.get('/nowhere')
		expect(app.requests.map(({ status }) => status)).toEqual([200, 200, 404, 404])
		for (const line of app.requests) expect(line.durationMs).toBe(0)
	})
})

describe('an error', () => {
	test('inside the server is logged with its cause, which the client does not see', async () => {
		await using app = await App.open()
		app.faults.fail('find-key', new Error('/var/secret is full'))
		const response = await app.chat('hi')
		expect(response.status).toBe(500)
		expect(await response.text()).not.toContain('secret')
		const line = app.log.find(({ msg }) => msg === 'a request failed because of an internal error')
		expect(JSON.stringify(line)).toContain('/var/secret is full')
		expect(line?.request).toBe(response.headers.get('x-request-id'))
	})

	test('has the form of the dialect whose path was called', async () => {
		await using app = await App.open()
		const openai = await app.get('/openai/v1/nowhere')
		expect(openai.status).toBe(404)
		expect((await errorOf(openai)).message).toBe('Invalid URL (GET /openai/v1/nowhere)')
		const anthropic = await app.get('/anthropic/v1/nowhere')
		expect(await json<object>(anthropic)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
	})

	test('for another method names those that are allowed', async () => {
		await using app = await App.open()
		const response = await app.get('/v1/embeddings')
		expect(response.status).toBe(405)
		expect(response.headers.get('allow')).toBe('POST')
		expect((await app.post('/health', {})).headers.get('allow')).toBe('GET, HEAD')
	})

	test('repeats a long path in part only', async () => {
		await using app = await App.open()
		expect((await errorOf(await app.get(`/openai/${'x'.repeat(1000)}`))).message.length).toBeLessThan(300)
	})
})

describe("the server's own paths", () => {
	test('need no key', async () => {
		await using app = await App.open()
		expect(await json<object>(await app.get('/health', { as: 'anonymous' }))).toEqual({ status: 'ok' })
		expect(await json<object>(await app.get('/version', { as: 'anonymous' }))).toEqual({
			name: 'dragoman',
			version: '1.2.3',
		})
		expect((await app.get('/metrics', { as: 'anonymous' })).status).toBe(200)
		expect(app.requests).toEqual([])
	})

	test('report that the server is ready, is not, or is shutting down', async () => {
		await using app = await App.open()
		const ready = async (query = '') => {
			const response = await app.get(`/ready${query}`, { as: 'anonymous' })
			return [response.status, (await json<{ readonly status: string }>(response)).status]
		}
		expect(await ready()).toEqual([200, 'ready'])
		app.upstream().endpoint.healthy = false
		expect((await ready())[0]).toBe(503)
		app.upstream().endpoint.healthy = true
		app.handler.drain()
		expect(await ready()).toEqual([503, 'draining'])
		expect((await app.chat('hi')).status).toBe(200)
	})

	test('report a failed check, unless the request excludes it', async () => {
		const checks = async () => ({ database: { ok: false, reason: 'gone' } })
		await using app = await App.open({ handler: { checks } })
		expect((await app.get('/ready')).status).toBe(503)
		expect((await app.get('/ready?exclude=database')).status).toBe(200)
		expect((await app.get('/ready?exclude=unknown')).status).toBe(400)
	})

	test('serve metrics only if they are enabled', async () => {
		await using app = await App.open({ handler: { metrics: undefined } })
		expect((await app.get('/metrics', { as: 'anonymous' })).status).toBe(404)
		await using open = await App.open()
		await open.chat('hi')
		expect(await (await open.get('/metrics')).text()).toContain('model="echo"')
	})

	test('include the files of the web page', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'dragoman-page-'))
		await Bun.write(join(folder, 'a-1.js'), 'one')
		await Bun.write(join(folder, 'logo.svg'), '<svg/>')
		const document = '<a href="{base}page/a-1.js">{language}'
		const table = {
			document,
			languages: { fr: 'fr-1.js' },
			diagram: '<p>',
			api: '<i data-x="{base}openapi.json">',
			hashed: ['a-1.js'],
			fixed: ['logo.svg'],
		}
		await Bun.write(join(folder, 'page.json'), JSON.stringify(table))
		await using app = await App.open({ handler: { page: await PageFiles.open(folder) } })
		const get = (path: string, headers = {}) => app.get(path, { as: 'anonymous', headers })
		expect(await (await get('/')).text()).toBe('<a href="./page/a-1.js">')
		expect(await (await get('/c/conv_1')).text()).toBe('<a href="../page/a-1.js">')
		expect(await (await get('/console/limits/x')).text()).toBe('<a href="../../page/a-1.js">')
		for (const [accepted, named] of [
			['fr-FR,fr;q=0.9,en;q=0.8', true],
			['de, FR;q=0.5', true],
			['en-GB,en;q=0.9,fr;q=0.8', false],
			['constructor, *', false],
		] as const) {
			const response = await get('/c/conv_1', { 'accept-language': accepted })
			expect(response.headers.get('vary')).toContain('accept-language')
			const isNamed = (await response.text()).includes('<link rel="modulepreload" href="../page/fr-1.js" />')
			expect([accepted, isNamed]).toEqual([accepted, named])
		}
		const script = await get('/page/a-1.js', { 'accept-encoding': 'gzip, br' })
		expect(script.headers.get('cache-control')).toContain('immutable')
		expect(script.headers.get('content-encoding')).toBeNull()
		expect(await script.text()).toBe('one')
		await Bun.write(join(folder, 'a-1.js.br'), 'compressed')
		const compressed = await get('/page/a-1.js', { 'accept-encoding': 'gzip, br' })
		expect(compressed.headers.get('content-encoding')).toBe('br')
		for (const accepted of ['br;q=0', 'identity, br; q=0.0 , x', 'BR;q=0.000', 'zbr0', ''])
			expect([
				accepted,
				(await get('/page/a-1.js', { 'accept-encoding': accepted })).headers.get('content-encoding'),
			]).toEqual([accepted, null])
		const weighed = await get('/page/a-1.js', { 'accept-encoding': 'gzip;q=0, BR;q=0.001' })
		expect(weighed.headers.get('content-encoding')).toBe('br')
		const diagram = await get('/page/diagram')
		expect(await diagram.text()).toBe('<p>')
		expect(diagram.headers.get('content-security-policy')).toMatch(/connect-src 'none'.*sandbox allow-scripts$/)
		const api = await get('/docs')
		expect(await api.text()).toBe('<i data-x="./openapi.json">')
		expect(await (await get('/docs/')).text()).toBe('<i data-x="../openapi.json">')
		expect(api.headers.get('content-security-policy')).toMatch(
			/^default-src 'none'; script-src 'self'; style-src 'self';/,
		)
		expect((await get('/page/logo.svg')).headers.get('cache-control')).toBe('no-cache')
		for (const path of [
			'/page/page.json',
			'/page/a-1.js.br',
			'/page/',
			'/c/',
			'/s/a/b',
			`/console/${'a/'.repeat(400)}`,
		])
			expect((await get(path)).status).toBe(404)
		expect((await app.post('/', {})).status).toBe(405)
	})
})

test('a preflight request is answered without a key', async () => {
	await using app = await App.open()
	const headers = { 'access-control-request-headers': 'x-own' }
	const request = new Request('http://localhost/v1/chat/completions', { method: 'OPTIONS', headers })
	const response = await app.fetch(request)
	expect(response.status).toBe(204)
	expect(response.headers.get('access-control-allow-headers')).toBe('x-own')
})

test('a request on a host that is not permitted is refused, on every path', async () => {
	const checkHost = () => new ChatError('forbidden', 'This host is not permitted.')
	await using app = await App.open({ handler: { checkHost } })
	for (const response of [await app.chat('hi'), await app.get('/health'), await app.get('/metrics')])
		expect(response.status).toBe(400)
	expect(app.upstream().received).toEqual([])
})

test('HEAD of a stream has its headers, no body, and reads no event', async () => {
	await using app = await App.open()
	const response = await app.stream('hi', {}, { headers: { 'x-dragoman-resumable': '1' } })
	await response.text()
	const id = response.headers.get('x-dragoman-stream')
	const secret = await app.addKey({ name: 'again', role: 'user', owner: 'alice' })
	const head = await app.fetch(
		new Request(`http://localhost/v1/streams/${id}`, { method: 'HEAD', headers: { 'x-api-key': secret } }),
	)
	expect(head.status).toBe(200)
	expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
	expect(await head.text()).toBe('')
	expect(app.requests.map(({ method }) => method)).toEqual(['POST', 'HEAD'])
	expect(app.requests.at(-1)).not.toHaveProperty('left')
})

test('an interruption ends open streams with an error as their last event', async () => {
	await using app = await App.open()
	const reader = readerOf(await app.stream('echo:hang-after 1'))
	await reader.next()
	const last = reader.next()
	app.handler.interrupt()
	expect(await last).toContain('The server is closing.')
	expect(await reader.next()).toBeUndefined()
})

describe('a WebSocket upgrade', () => {
	const upgrade = (path: string, headers: Readonly<Record<string, string>> = {}) =>
		new Request(`http://localhost${path}`, { headers })

	test('is accepted for a caller with a key, and logged', async () => {
		await using app = await App.open()
		const authorization = `Bearer ${await app.addKey({ name: 'socket', role: 'user' })}`
		const accepted = await app.handler.socket(upgrade('/v1/responses', { authorization }))
		expect(accepted).not.toBeInstanceOf(Response)
		expect(accepted).toBeDefined()
		expect(app.requests).toMatchObject([{ method: 'WEBSOCKET', status: 101, key: 'socket' }])
	})

	test('is refused without a key, and unknown on other paths', async () => {
		await using app = await App.open()
		expect(await app.handler.socket(upgrade('/v1/responses'))).toMatchObject({ status: 401 })
		expect(await app.handler.socket(upgrade('/v1/models'))).toBeUndefined()
	})
})
