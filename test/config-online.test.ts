// `dragoman config check --online`: it requests the models of each upstream once, and compares the response with the
// configuration.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { runCommand, temporaryFolder } from './server.ts'

const requests: { readonly path: string; readonly key: string | null }[] = []
let upstream: ReturnType<typeof Bun.serve>

beforeAll(() => {
	upstream = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch(request) {
			const { pathname } = new URL(request.url)
			const key =
				request.headers.get('authorization') ??
				request.headers.get('x-api-key') ??
				request.headers.get('x-goog-api-key')
			requests.push({ path: pathname, key })
			switch (pathname) {
				case '/openai/v1/models':
					return Response.json({ object: 'list', data: [{ id: 'llama3.1:latest' }, { id: 'gpt-4o' }] })
				case '/anthropic/v1/models':
					return Response.json({ data: [{ type: 'model', id: 'claude-sonnet-4-5' }], has_more: false })
				case '/gemini/v1beta/models':
					return Response.json({ models: [{ name: 'models/gemini-2.5-flash' }] })
				case '/refusing/v1/models':
					return Response.json({ error: { message: `wrong key ${key}` } }, { status: 401 })
				case '/page/models':
					return new Response('<html>', { headers: { 'content-type': 'text/html' } })
				default:
					return new Response('nothing here', { status: 404 })
			}
		},
	})
})
afterAll(() => upstream.stop(true))

async function check(upstreams: readonly string[]) {
	const names = upstreams.map((line) => line.split(':')[0])
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(file, `models: { m: { route: [${names}] } }\nupstreams:\n  ${upstreams.join('\n  ')}\n`)
	const { stdout, stderr, status } = await runCommand(['config', 'check', '--online', '--config', file])
	return { status, output: stdout.split('\n').slice(1, -1), problems: stderr.split('\n').slice(0, -1) }
}

const at = (path: string) => `url: "http://127.0.0.1:${upstream.port}${path}", key: sk-very-secret`

test('upstreams that have their models pass', async () => {
	expect(
		await check([
			`a: { engine: openai-compatible, ${at('/openai/v1')}, model: gpt-4o }`,
			`b: { engine: openai-compatible, ${at('/openai/v1')}, model: llama3.1 }`,
			`c: { engine: anthropic, ${at('/anthropic/v1')}, model: claude-sonnet-4-5 }`,
			`d: { engine: gemini, ${at('/gemini/v1beta')}, model: gemini-2.5-flash }`,
			'e: { engine: echo }',
		]),
	).toEqual({
		status: 0,
		output: [
			'upstreams.a: reachable, has gpt-4o',
			'upstreams.b: reachable, has llama3.1',
			'upstreams.c: reachable, has claude-sonnet-4-5',
			'upstreams.d: reachable, has gemini-2.5-flash',
			'upstreams.e: not checked: the engine echo does not list models',
		],
		problems: [],
	})
	expect(new Set(requests.map(({ key }) => key))).toEqual(new Set(['Bearer sk-very-secret', 'sk-very-secret']))
})

test('each failure is one line without secrets, and the status is 1', async () => {
	const { status, output, problems } = await check([
		`misspelt: { engine: openai-compatible, ${at('/openai/v1')}, model: gpt4o }`,
		`public: { engine: openai-compatible, ${at('/openai/v1')} }`,
		`refusing: { engine: openai-compatible, ${at('/refusing/v1')}, model: x }`,
		`missing: { engine: openai-compatible, ${at('/v1')}, model: x }`,
		`page: { engine: openai-compatible, ${at('/page')}, model: x }`,
		'away: { engine: openai-compatible, url: "http://127.0.0.1:1/v1", model: x }',
		'nowhere: { engine: openai-compatible, url: "http://nowhere.invalid/v1", model: x }',
		`fine: { engine: openai-compatible, ${at('/openai/v1')}, model: gpt-4o }`,
	])
	expect([status, output]).toEqual([1, ['upstreams.fine: reachable, has gpt-4o']])
	const expected = [
		/^upstreams\.misspelt: reachable, but has no model "gpt4o" \(did you mean "gpt-4o"\?\)$/,
		/^upstreams\.public: reachable, but has no model "m": it has llama3\.1:latest, gpt-4o$/,
		/^upstreams\.refusing: .*credentials/,
		/^upstreams\.missing: .*path/,
		/^upstreams\.page: .*not a list of models/,
		/^upstreams\.away: The upstream cannot be reached\. \(the connection was refused\)$/,
		/^upstreams\.nowhere: .* \(getaddrinfo ENOTFOUND nowhere\.invalid\)$/,
	]
	const failures = problems.filter((line) => !line.startsWith('warning: '))
	expect(failures).toHaveLength(expected.length)
	for (const [index, pattern] of expected.entries()) expect(failures[index]).toMatch(pattern)
	expect(problems.join('\n')).not.toContain('secret')
})

test('an upstream that does not respond times out', async () => {
	const { probeUpstreams } = await import('../src/cli/config-online.ts')
	const { readSettings } = await import('../src/config/settings.ts')
	const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(
		file,
		`models: { m: { route: [u] } }\nupstreams: { u: { engine: openai-compatible, url: "http://127.0.0.1:${silent.port}/v1" } }\n`,
	)
	const context = {
		environment: {},
		version: '0',
		command: [],
		print: () => undefined,
		terminal: false,
		printStatus: () => undefined,
	}
	const reports = await probeUpstreams(await readSettings({ config: file }, {}), context, 100)
	const line = 'upstreams.u: no response within 0.1 seconds'
	expect(reports).toEqual([{ name: 'u', line, outcome: 'failed', fault: 'connection' }])
	silent.stop(true)
})
