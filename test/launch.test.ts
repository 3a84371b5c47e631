// `dragoman launch`: what a coding agent is started with.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codingAgents } from '../src/cli/coding-agent.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
	server = await startServer({
		config: `
models: { first: { route: [echo] }, second: { route: [echo], contextTokens: 128000 }, "odd/\\"name": { route: [echo] } }
upstreams: { echo: { engine: echo } }
`,
	})
	folder = await temporaryFolder()
	for (const { program } of Object.values(codingAgents)) {
		const file = join(folder, program)
		// Prints what it was started with, and exits with a status of its own.
		await writeFile(
			file,
			`#!${process.execPath}
console.log(JSON.stringify({ args: process.argv.slice(2), env: process.env }))
process.exit(Number(process.env.AGENT_STATUS ?? 0))
`,
		)
		await chmod(file, 0o755)
	}
})
afterAll(() => server.stop())

async function launch(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
	const { status, stdout, stderr } = await runCommand(['launch', ...args], {
		PATH: `${folder}:${process.env.PATH}`,
		DRAGOMAN_URL: server.url,
		DRAGOMAN_API_KEY: server.key,
		...environment,
	})
	const started: { args: string[]; env: Record<string, string> } =
		stdout === '' ? { args: [], env: {} } : JSON.parse(stdout)
	return { status, stderr, ...started }
}

describe('each agent gets the server, the key and the model', () => {
	test('codex', async () => {
		const { args, env } = await launch(['codex', '--model', 'second', '--', 'exec', '--json', 'do it'])
		const settings = args.filter((_, index) => args[index - 1] === '-c')
		const toml = Bun.TOML.parse(settings.join('\n'))
		expect(toml).toEqual({
			model: 'second',
			model_context_window: 128_000,
			model_provider: 'dragoman',
			model_providers: {
				dragoman: {
					name: 'Dragoman',
					base_url: `${server.url}/openai/v1`,
					env_key: 'DRAGOMAN_API_KEY',
					wire_api: 'responses',
				},
			},
		})
		expect(args.slice(-3)).toEqual(['exec', '--json', 'do it'])
		expect(env.DRAGOMAN_API_KEY).toBe(server.key)
		expect(args.join(' ')).not.toContain(server.key)
	})
	test('claude', async () => {
		const { args, env } = await launch(['claude', '--', '-p', 'hi'], { ANTHROPIC_API_KEY: 'another' })
		expect(args).toEqual(['-p', 'hi'])
		expect(env).toMatchObject({
			ANTHROPIC_BASE_URL: `${server.url}/anthropic`,
			ANTHROPIC_AUTH_TOKEN: server.key,
			ANTHROPIC_MODEL: 'first',
			ANTHROPIC_DEFAULT_HAIKU_MODEL: 'first',
		})
		expect(env).not.toHaveProperty('ANTHROPIC_API_KEY')
		// The address and the token work as the agent uses them.
		const response = await fetch(`${env.ANTHROPIC_BASE_URL}/v1/messages`, {
			method: 'POST',
			headers: { authorization: `Bearer ${env.ANTHROPIC_AUTH_TOKEN}`, 'content-type': 'application/json' },
			body: JSON.stringify({ model: env.ANTHROPIC_MODEL, max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }),
		})
		expect(await response.json()).toMatchObject({ content: [{ type: 'text', text: 'hi' }] })
	})
	test('opencode', async () => {
		const { env } = await launch(['opencode', '--model', 'odd/"name'])
		const config = JSON.parse(env.OPENCODE_CONFIG_CONTENT ?? '')
		expect(config).toMatchObject({
			model: 'dragoman/odd/"name',
			provider: {
				dragoman: {
					npm: '@ai-sdk/openai-compatible',
					options: { baseURL: `${server.url}/openai/v1`, apiKey: '{env:DRAGOMAN_API_KEY}' },
					models: { first: {}, second: { limit: { context: 128_000, output: 32_000 } }, 'odd/"name': {} },
				},
			},
		})
		expect(env.OPENCODE_CONFIG_CONTENT).not.toContain(server.key)
	})
})

test('a proxy of the environment is not used for a server on this machine', async () => {
	const proxy = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' }
	for (const agent of Object.keys(codingAgents)) {
		const { env } = await launch([agent], { ...proxy, NO_PROXY: '.corp', no_proxy: '.corp' })
		expect([agent, env.NO_PROXY, env.no_proxy]).toEqual([agent, '.corp,127.0.0.1', '.corp,127.0.0.1'])
		expect(env).toMatchObject(proxy)
	}
	const { env } = await launch(['codex'], { NO_PROXY: '.corp', no_proxy: '', HTTP_PROXY: '', http_proxy: '' })
	expect([env.NO_PROXY, env.no_proxy]).toEqual(['.corp', ''])
})

test('the exit status is that of the agent', async () => {
	expect((await launch(['codex'], { AGENT_STATUS: '7' })).status).toBe(7)
})

test('a context that is too short for the agent is a warning', async () => {
	expect((await launch(['codex', '--model', 'first'])).stderr).toMatch(
		/^Warning: Codex needs a context of about 30000 tokens, and first has \d+\.\n$/,
	)
	expect((await launch(['codex', '--model', 'second'])).stderr).toBe('')
})

describe('what is missing is named', () => {
	const cases: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp, number])[] = [
		[
			'the agent',
			['claude'],
			{ PATH: '/nowhere' },
			/^Claude Code is not installed: .* npm install -g @anthropic-ai\/claude-code\n$/,
			1,
		],
		[
			'the server',
			['codex'],
			{ DRAGOMAN_URL: 'http://127.0.0.1:1' },
			/^No server responds at http:\/\/127\.0\.0\.1:1: /,
			1,
		],
		['the model', ['codex', '--model', 'frist'], {}, /Did you mean 'first'\?/, 1],
		['the key', ['codex'], { DRAGOMAN_API_KEY: 'dgm-wrong' }, /refuses the API key/, 1],
		['an unknown agent', ['vim'], {}, /Allowed choices are codex, claude, opencode/, 2],
	]
	for (const [name, args, environment, message, code] of cases)
		test(name, async () => {
			const { status, stderr } = await launch(args, environment)
			expect(stderr).toMatch(message)
			expect(status).toBe(code)
			expect(stderr.trimEnd().split('\n')).toHaveLength(1)
		})
})
