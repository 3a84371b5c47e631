// Upstreams with `models: discover`: which models are served, and what happens when lists change or cannot be read.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { eventually } from './faults/gateway.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

interface ListedModel {
	readonly id: string
	readonly [field: string]: unknown
}

/** A server with a list of models that answers with its own name and the model of the request. */
class ListingUpstream {
	models: readonly ListedModel[] = []
	failing = false
	lists = 0
	private readonly server: ReturnType<typeof Bun.serve>

	constructor(name: string, port = 0) {
		this.server = Bun.serve({
			port,
			hostname: '127.0.0.1',
			fetch: async (request) => {
				if (new URL(request.url).pathname === '/v1/models') {
					this.lists++
					return this.failing
						? new Response('down', { status: 500 })
						: Response.json({ object: 'list', data: this.models })
				}
				const { model } = (await request.json()) as { readonly model: string }
				if (this.failing) return new Response('down', { status: 503 })
				return Response.json({
					id: 'c',
					object: 'chat.completion',
					created: 1,
					model,
					choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: `${name} ${model}` } }],
				})
			},
		})
	}

	get port(): number {
		return this.server.port ?? 0
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}/v1`
	}

	stop = () => this.server.stop(true)
}

const listed = async (server: TestServer) => {
	const body = (await (await server.call('/v1/models')).json()) as { readonly data: readonly ListedModel[] }
	return body.data
}
const idsOf = async (server: TestServer) => (await listed(server)).map(({ id }) => id)

async function answer(server: TestServer, model: string) {
	const response = await server.call('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] })
	const body = (await response.json()) as {
		readonly model?: string
		readonly choices?: readonly { readonly message: { readonly content: string } }[]
	}
	return { status: response.status, model: body.model, text: body.choices?.[0]?.message.content }
}

const one = new ListingUpstream('one')
const two = new ListingUpstream('two')
const every = '{ intervalMs: 50 }'
afterAll(async () => {
	await one.stop()
	await two.stop()
})

describe('the models of upstreams', () => {
	let server: TestServer
	beforeAll(async () => {
		one.models = [
			// The lists of OpenRouter and of Mistral.
			{
				id: 'llama3.1:latest',
				max_model_len: 8192,
				supported_parameters: ['temperature', 'tools', 'reasoning'],
				architecture: { input_modalities: ['text', 'image'] },
			},
			{ id: 'shared', max_model_len: 1000, capabilities: { function_calling: true, vision: true, reasoning: false } },
			{ id: 'embedder', type: 'text-embeddings-inference' },
			{ id: 'taken' },
			{ id: 'gpt-5' },
			{ id: '../admin' },
		]
		// The list of another Dragoman.
		two.models = [{ id: 'shared', max_model_len: 500, capabilities: ['tools'] }, { id: 'qwen' }]
		server = await startServer({
			config: `
models:
  mine: { route: two, aliases: [taken] }
  "gpt-*": { route: one, price: { input: 5, output: 5 } }
  "*": { route: two }
upstreams:
  one: { engine: openai-compatible, url: "${one.url}", models: ${every} }
  two: { engine: openai-compatible, url: "${two.url}", models: discover }
  three: { engine: openai-compatible, url: "${two.url}", models: { prefix: "team/", intervalMs: 3600000 } }
`,
		})
	})
	afterAll(() => server.stop())

	test('are served and listed from the start; configured names take precedence', async () => {
		expect(await idsOf(server)).toEqual([
			'mine',
			'gpt-5',
			'llama3.1:latest',
			'shared',
			'embedder',
			'qwen',
			'team/shared',
			'team/qwen',
		])
		expect(await answer(server, 'llama3.1:latest')).toEqual({
			status: 200,
			model: 'llama3.1:latest',
			text: 'one llama3.1:latest',
		})
		expect((await answer(server, 'taken')).text).toBe('two mine')
		expect((await answer(server, 'team/qwen')).text).toBe('two qwen')
		expect((await answer(server, 'gpt-5')).text).toBe('one gpt-5')
		expect((await answer(server, 'unknown')).text).toBe('two unknown')
		expect((await answer(server, '../admin')).status).toBe(404)
	})

	test('have the reported type and context; a model of two upstreams has the smaller context', async () => {
		const response = await server
			.call('/albert/v1/models')
			.then(async (found) => (found.ok ? found : server.call('/opengatellm/v1/models')))
		const { data } = (await response.json()) as { readonly data: readonly ListedModel[] }
		const facts = Object.fromEntries(data.map(({ id, type, max_context_length }) => [id, [type, max_context_length]]))
		expect(facts['llama3.1:latest']).toEqual(['text-generation', 8192])
		expect(facts.shared).toEqual(['text-generation', 500])
		expect(facts.embedder?.[0]).toBe('text-embeddings-inference')
	})

	test('have the capabilities that lists name; a model of two upstreams has those of both', async () => {
		type Listed = { readonly id: string; readonly capabilities: readonly string[] }
		const { data } = (await (await server.call('/openai/v1/models')).json()) as { readonly data: readonly Listed[] }
		const facts = Object.fromEntries(data.map(({ id, capabilities }) => [id, capabilities]))
		expect(facts).toMatchObject({
			'llama3.1:latest': ['images', 'tools', 'reasoning'],
			shared: ['tools'],
			qwen: [],
			'team/shared': ['tools'],
		})
	})

	test('fail over between upstreams that have the same model', async () => {
		expect((await answer(server, 'shared')).text).toBe('one shared')
		one.failing = true
		expect((await answer(server, 'shared')).text).toBe('two shared')
		one.failing = false
	})

	test('follow changes of the list', async () => {
		const before = one.models
		one.models = [...before, { id: 'fresh' }]
		await eventually('the new model', async () => (await idsOf(server)).includes('fresh'))
		expect((await answer(server, 'fresh')).text).toBe('one fresh')
		one.models = before
		await eventually('its removal', async () => !(await idsOf(server)).includes('fresh'))
		expect((await answer(server, 'fresh')).text).toBe('two fresh')
	})

	test('remain while the list cannot be read, with one line in the log', async () => {
		const before = await idsOf(server)
		one.failing = true
		const lists = one.lists
		await eventually('three failures', () => one.lists >= lists + 3)
		expect(await idsOf(server)).toEqual(before)
		one.failing = false
		await eventually('the recovery', () => server.log().includes('can be read again'))
		const lines = server
			.log()
			.split('\n')
			.filter((line) => line.includes('cannot be read'))
		expect(lines.length).toBeLessThanOrEqual(2)
		expect(lines[0]).toContain('"upstream":"one"')
	})
})

test('a start while the upstream is down serves the models of the last list, unless it is another server', async () => {
	const data = await temporaryFolder()
	const upstream = new ListingUpstream('only')
	upstream.models = [{ id: 'a' }, { id: 'b', max_model_len: 77 }]
	const configOf = (url: string) => `upstreams:\n  u: { engine: openai-compatible, url: "${url}", models: ${every} }\n`
	const first = await startServer({ config: configOf(upstream.url), data })
	expect(await idsOf(first)).toEqual(['a', 'b'])
	await first.stop()
	const { port, url } = upstream
	await upstream.stop()
	const second = await startServer({ config: configOf(url), data })
	expect(await idsOf(second)).toEqual(['a', 'b'])
	await second.logged('the models of the last list remain')
	const back = new ListingUpstream('back', port)
	back.models = [{ id: 'c' }]
	await eventually('the new list', async () => Bun.deepEquals(await idsOf(second), ['c']))
	await second.stop()
	await back.stop()
	const other = await startServer({ config: configOf('http://127.0.0.1:1/v1'), data })
	expect(await idsOf(other)).toEqual([])
	await other.stop()
})

test('the check rejects engines without a list, and reports upstreams with one', async () => {
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(file, 'upstreams:\n  e: { engine: echo, models: discover }\n')
	const rejected = await runCommand(['config', 'check', '--config', file])
	expect(rejected.status).not.toBe(0)
	expect(rejected.stderr).toContain('dragoman.yaml:2: upstreams.e.models: the engine echo does not list its models')
	await Bun.write(file, `upstreams:\n  u: { engine: openai-compatible, url: "${two.url}", models: discover }\n`)
	const accepted = await runCommand(['config', 'check', '--online', '--config', file])
	expect(accepted).toMatchObject({ status: 0, stderr: '' })
	expect(accepted.stdout).toContain('upstreams.u: reachable, lists 2 models')
	await Bun.write(file, `upstreams:\n  u: { engine: openai-compatible, url: "${two.url}", models: discovr }\n`)
	expect((await runCommand(['config', 'check', '--config', file])).status).not.toBe(0)
})
