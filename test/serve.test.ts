// The server as a process: starting, keys, paths, headers, ending.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

const hello = { model: 'echo', messages: [{ role: 'user', content: 'Hello there' }] }
let server: TestServer

beforeAll(async () => {
	server = await startServer()
})
afterAll(() => server.stop())

describe('public endpoints', () => {
	test('GET /health', async () => {
		const response = await fetch(`${server.url}/health`)
		expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
	})
	test('GET /ready', async () => {
		const response = await fetch(`${server.url}/ready`)
		expect(response.status).toBe(200)
		expect(await response.json()).toMatchObject({ status: 'ready', models: [{ id: 'echo', status: 'ready' }] })
	})
	test('GET /version', async () => {
		const { version } = await Bun.file(join(root, 'package.json')).json()
		expect(await (await fetch(`${server.url}/version`)).json()).toEqual({ name: 'dragoman', version })
	})
})

describe('a key is needed for everything else, in any of three headers', () => {
	const forms: readonly (readonly [string, (key: string) => Record<string, string>])[] = [
		['Authorization: Bearer', (key) => ({ authorization: `Bearer ${key}` })],
		['authorization: bearer, in lower case', (key) => ({ authorization: `bearer ${key}` })],
		['x-api-key', (key) => ({ 'x-api-key': key })],
		['api-key', (key) => ({ 'api-key': key })],
	]
	const routes = [
		'GET /v1/models',
		'GET /v1/models/echo',
		'POST /v1/chat/completions',
		'POST /v1/completions',
		'POST /v1/embeddings',
	] as const
	for (const route of routes) {
		const [method = '', path = ''] = route.split(' ')
		for (const [form, headers] of forms) {
			test(`${route} with ${form}`, async () => {
				const send = (key: string) =>
					fetch(server.url + path, { method, headers: headers(key), ...(method === 'POST' ? { body: '{}' } : {}) })
				expect((await send(server.key)).status).toBe(method === 'GET' ? 200 : 400)
				const refused = await send(`${server.key}x`)
				expect(refused.status).toBe(401)
				expect(await refused.json()).toMatchObject({
					error: { type: 'invalid_request_error', code: 'invalid_api_key', param: null },
				})
			})
		}
		test(`${route} without any`, async () => {
			const refused = await fetch(server.url + path, { method })
			expect(refused.status).toBe(401)
			expect(await refused.json()).toMatchObject({ error: { type: 'invalid_request_error', code: null, param: null } })
		})
	}
	test('a rejected key is not repeated in the response', async () => {
		const text = await (
			await fetch(`${server.url}/v1/models`, { headers: { authorization: 'Bearer sk-0123456789abcdefghij' } })
		).text()
		expect(text).toContain('sk-012***ij')
		expect(text).not.toContain('3456789')
	})
})

describe('paths as clients write them', () => {
	for (const path of [
		'/v1/chat/completions',
		'/v1//chat/completions',
		'/v1/chat/completions/',
		'//v1/chat//completions//',
		'/chat/completions',
	]) {
		test(path, async () => {
			const response = await server.call(path, hello)
			expect(response.status).toBe(200)
			expect(await response.json()).toMatchObject({
				object: 'chat.completion',
				choices: [{ message: { content: 'Hello there' } }],
			})
		})
	}
	test('an unknown path', async () => {
		const response = await server.call('/v1/foo', hello)
		expect(response.status).toBe(404)
		expect(await response.json()).toEqual({
			error: { message: 'Invalid URL (POST /v1/foo)', type: 'invalid_request_error', param: null, code: null },
		})
	})
	test('a known path with another method', async () => {
		const response = await server.call('/v1/embeddings')
		expect(response.status).toBe(405)
		expect(response.headers.get('allow')).toBe('POST')
	})
})

describe('models', () => {
	const config = `
models:
  AgentPublic/llama3-instruct-8b: { aliases: [albert-small], route: [echo], ownedBy: agents, contextTokens: 64000 }
  plain: { route: [echo] }
upstreams: { echo: { engine: echo } }
`
	let named: TestServer
	beforeAll(async () => {
		named = await startServer({ config })
	})
	afterAll(() => named.stop())

	test('are listed with their type', async () => {
		const { object, data } = (await (await named.call('/v1/models')).json()) as {
			object: string
			data: { id: string; type: string; object: string; owned_by: string; created: number }[]
		}
		expect(object).toBe('list')
		expect(data.map(({ id, type, object: kind, owned_by }) => [id, type, kind, owned_by])).toEqual([
			['AgentPublic/llama3-instruct-8b', 'text-generation', 'model', 'agents'],
			['plain', 'text-generation', 'model', 'dragoman'],
		])
		expect(data.every(({ created }) => Number.isInteger(created) && created > 1_700_000_000)).toBe(true)
	})
	for (const path of [
		'/v1/models/AgentPublic/llama3-instruct-8b',
		'/v1/models/AgentPublic%2Fllama3-instruct-8b',
		'/models/albert-small',
	]) {
		test(`GET ${path}`, async () => {
			expect(await (await named.call(path)).json()).toMatchObject({
				id: 'AgentPublic/llama3-instruct-8b',
				max_context_length: 64000,
			})
		})
	}
	test('report their own name when requested by an alias', async () => {
		expect(await (await named.call('/v1/chat/completions', { ...hello, model: 'albert-small' })).json()).toMatchObject({
			model: 'AgentPublic/llama3-instruct-8b',
		})
	})
	test('that do not exist', async () => {
		const expected = {
			error: {
				message: 'The model `nope` does not exist or you do not have access to it.',
				type: 'invalid_request_error',
				param: null,
				code: 'model_not_found',
			},
		}
		for (const response of [
			await named.call('/v1/chat/completions', { ...hello, model: 'nope' }),
			await named.call('/v1/models/nope'),
		]) {
			expect(response.status).toBe(404)
			expect(await response.json()).toEqual(expected)
		}
	})
})

describe('headers', () => {
	test('of an answer', async () => {
		const { headers } = await server.call('/v1/chat/completions', hello)
		expect(headers.get('content-type')).toStartWith('application/json')
		expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
		expect(headers.get('openai-version')).toBe('2020-10-01')
		expect(Number(headers.get('openai-processing-ms'))).toBeGreaterThanOrEqual(0)
		expect(headers.get('access-control-allow-origin')).toBe('*')
	})
	test('of an error', async () => {
		const { headers } = await server.call('/v1/chat/completions', {})
		expect(headers.get('x-request-id')).toMatch(/^req_/)
		expect(headers.get('x-dragoman-error')).toBe('invalid-request')
		expect(headers.get('content-type')).toStartWith('application/json')
	})
	test('of a stream, whatever the client accepts', async () => {
		const response = await server.call(
			'/v1/chat/completions',
			{ ...hello, stream: true },
			{ accept: 'application/json' },
		)
		expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
		expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true)
	})
	test("of a browser's preflight", async () => {
		const requestedHeaders = 'authorization,content-type,x-stainless-os'
		const response = await fetch(`${server.url}/v1/chat/completions`, {
			method: 'OPTIONS',
			headers: {
				origin: 'https://app.example',
				'access-control-request-method': 'POST',
				'access-control-request-headers': requestedHeaders,
			},
		})
		expect(response.status).toBe(204)
		expect(response.headers.get('access-control-allow-headers')).toBe(requestedHeaders)
	})
})

describe('errors of an engine', () => {
	const failing = (text: string, stream: boolean) =>
		server.call('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: text }], stream })
	for (const stream of [false, true]) {
		test(`before the first byte have their own status (stream: ${stream})`, async () => {
			const response = await failing('echo:error overloaded', stream)
			expect(response.status).toBe(503)
			expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'server_is_overloaded' } })
		})
	}
	test('while it answers are the last event', async () => {
		const text = await (await failing('echo:error-after 2 upstream-failed', true)).text()
		const events = text
			.trim()
			.split('\n\n')
			.map((event) => JSON.parse(event.slice('data: '.length)))
		expect(events.at(-1)).toMatchObject({ error: { type: 'server_error', code: 'upstream_error', param: null } })
		expect(events.slice(0, -1).every((event) => !('error' in event))).toBe(true)
	})
})

describe('a server starts', () => {
	test('with one key in a file that only its owner can read, named on standard output and in the log', async () => {
		const data = await temporaryFolder()
		const first = await startServer({ data })
		const file = join(data, 'first-key')
		expect(first.key).toMatch(/^dgm-[\w-]{32}$/)
		expect((await stat(file)).mode & 0o777).toBe(0o600)
		expect(first.output()).toContain(`Your API key is in ${file}`)
		expect(first.output()).toContain(`Bearer $(cat ${file})`)
		expect(await first.stop()).toBe(0)
		expect(first.log()).toContain(`"file":"${file}"`)
		expect(first.output() + first.log()).not.toContain(first.key)
		const second = await startServer({ data })
		expect(second.key).toBe(first.key)
		expect((await fetch(`${second.url}/v1/models`, { headers: { 'x-api-key': first.key } })).status).toBe(200)
		await runCommand(['keys', 'revoke', 'first'], { DRAGOMAN_DATA: data })
		expect(await second.stop()).toBe(0)
		const third = await startServer({ data })
		expect(third.output()).not.toContain('first-key')
		await third.stop()
	})
	test('without a key if the file for it cannot be written', async () => {
		const data = await temporaryFolder()
		await mkdir(join(data, 'first-key', 'full'), { recursive: true })
		const serve = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--config', join(root, 'examples', 'echo.yaml')]
		const { status, stderr } = await runCommand(serve)
		expect(status).toBe(1)
		expect(stderr).toContain(`The first API key cannot be written to ${join(data, 'first-key')}`)
		await rm(join(data, 'first-key'), { recursive: true })
		const next = await startServer({ data })
		expect(next.key).toMatch(/^dgm-/)
		await next.stop()
	})
	test('on a terminal with the key printed once, and a link that signs in', async () => {
		const data = await temporaryFolder()
		const first = await startOnTerminal(data)
		const key = /Your API key, shown this once:\s+(dgm-[\w-]{32})/.exec(first)?.[1] ?? ''
		const url = /listens on (http:\S+)/.exec(first)?.[1]
		expect(key).not.toBe('')
		expect(first).toContain(`${url}/#key=${key}`)
		expect(first).toContain(`API documentation:  ${url}/docs`)
		expect(first).toContain(`curl -N ${url}/v1/chat/completions -H "authorization: Bearer ${key}"`)
		expect(await Bun.file(join(data, 'first-key')).exists()).toBe(false)
		const second = await startOnTerminal(data)
		expect(second).not.toContain('dgm-')
		expect(second).toContain('Chat in the browser, signed in with an API key:')
	})
	test("with the operator's own admin key, and prints none", async () => {
		const chosen = await startServer({ environment: { DRAGOMAN_ADMIN_KEY: 'an-operators-long-secret' } })
		expect(chosen.key).toBe('')
		expect(chosen.output()).toContain('Bearer $DRAGOMAN_ADMIN_KEY')
		expect(chosen.output()).not.toContain('an-operators-long-secret')
		const send = (key: string) => fetch(`${chosen.url}/v1/models`, { headers: { 'x-api-key': key } })
		expect([(await send('an-operators-long-secret')).status, (await send('an-operators-long-secreT')).status]).toEqual([
			200, 401,
		])
		await chosen.stop()
	})
	test('with commands that can be pasted into a shell of any folder', async () => {
		const data = join(await temporaryFolder(), "it's data")
		await mkdir(data)
		const started = await startServer({ data })
		const lines = started.output().split('\n')
		const pasted = async (line: string) => {
			const shell = Bun.spawn(['bash', '-c', line], {
				cwd: tmpdir(),
				stdin: 'ignore',
				stdout: 'pipe',
				stderr: 'ignore',
			})
			return new Response(shell.stdout).text()
		}
		const answer = await pasted(lines.find((line) => line.includes('curl ')) ?? '')
		expect(answer).toContain('chat.completion.chunk')
		expect(answer).toContain('data: [DONE]')
		const command = lines.find((line) => line.includes('keys create'))?.replace(/^.*?:\s+/, '') ?? ''
		const key = (await pasted(command)).trim()
		expect((await fetch(`${started.url}/v1/models`, { headers: { 'x-api-key': key } })).status).toBe(200)
		await started.stop()
	})
	test('if its address is in use, it reports that and shows the first key at the next start', async () => {
		const data = await temporaryFolder()
		const taken = ['serve', '--listen', server.url.slice('http://'.length), '--data', data]
		const { status, stderr } = await runCommand([...taken, '--config', join(root, 'examples', 'echo.yaml')])
		expect(status).toBe(1)
		expect(stderr).toContain('Cannot listen on 127.0.0.1:')
		expect(stderr).not.toContain('at ')
		const next = await startServer({ data })
		expect(next.key).toMatch(/^dgm-/)
		await next.stop()
	})
})

describe('keys of a running server', () => {
	test('are created, listed by their prefix, and revoked immediately from another process', async () => {
		const environment = { DRAGOMAN_DATA: server.data }
		const created = await runCommand(['keys', 'create', '--name', 'laptop'], environment)
		const secret = created.stdout.trim()
		expect([created.status, created.stdout]).toEqual([0, `${secret}\n`])
		const send = () => fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
		expect((await send()).status).toBe(200)
		const listed = await runCommand(['keys', 'list'], environment)
		expect(listed.stdout).toContain('laptop')
		expect(listed.stdout).toContain(`${secret.slice(0, 10)}…`)
		expect(listed.stdout).not.toContain(secret)
		expect((await runCommand(['keys', 'revoke', 'laptop'], environment)).status).toBe(0)
		expect((await send()).status).toBe(401)
		expect((await runCommand(['keys', 'revoke', 'nobody'], environment)).stderr).toBe(
			`Database: ${server.data}/dragoman.sqlite\nThere is no key 'nobody': \`dragoman keys list\` lists the keys.\n`,
		)
	})
	test('are not stored in plain text', async () => {
		const { stdout } = await runCommand(['keys', 'create', '--name', 'hidden'], { DRAGOMAN_DATA: server.data })
		const secret = stdout.trim()
		for (const file of ['dragoman.sqlite', 'dragoman.sqlite-wal']) {
			const bytes = Buffer.from(await Bun.file(join(server.data, file)).bytes())
			expect(bytes.includes(secret)).toBe(false)
		}
	})
})

describe('a server ends', () => {
	test('after the answers in flight, on SIGTERM', async () => {
		const ending = await startServer()
		const response = await ending.call('/v1/chat/completions', {
			model: 'echo',
			stream: true,
			messages: [{ role: 'user', content: 'echo:delay 20\none two three four five six' }],
		})
		const text = response.text()
		const status = await ending.stop()
		expect(status).toBe(0)
		expect((await text).endsWith('data: [DONE]\n\n')).toBe(true)
	})
})

/** What a server prints on a terminal before it is ended. */
async function startOnTerminal(data: string): Promise<string> {
	let printed = ''
	const listens = Promise.withResolvers<void>()
	const main = join(root, 'src', 'main.ts')
	const config = join(root, 'examples', 'echo.yaml')
	const child = Bun.spawn(
		[process.execPath, main, 'serve', '--listen', '127.0.0.1:0', '--data', data, '--config', config],
		{
			terminal: {
				cols: 400,
				data(_, bytes) {
					printed += new TextDecoder().decode(bytes)
					if (printed.includes('Create another API key')) listens.resolve()
				},
			},
		},
	)
	await Promise.race([listens.promise, child.exited])
	child.kill('SIGTERM')
	await child.exited
	return printed
}
