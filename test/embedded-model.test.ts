// Which model the embedded engine serves: one that the operator named is answered by itself or not at all, and what
// appears later is served without a restart. Sources are files here, so nothing is fetched from outside.

import { afterEach, describe, expect, test } from 'bun:test'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import type { EngineCheckContext } from '../src/engines/kind.ts'
import { engineKinds } from '../src/engines/list.ts'
import { systemClock } from '../src/system/clock.ts'
import { engineFolder, isEngineHere } from './engine.ts'
import { root, runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'

const toy = join(root, 'models', 'tiny-chat-q8_0.gguf')
const question = { model: 'm', temperature: 0, messages: [{ role: 'user', content: 'Hi!' }] }

const servers: TestServer[] = []
const folders: string[] = []
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.stop()))
	await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

async function folder(): Promise<string> {
	const made = await temporaryFolder()
	folders.push(made)
	return made
}

async function serve(model: string, { data, more = '' }: { readonly data: string; readonly more?: string }) {
	const server = await startServer({
		data,
		config: `engineFolder: ${engineFolder}\n${more}models: { m: { route: [x] } }\nupstreams: { x: { engine: llama, model: ${JSON.stringify(model)} } }\n`,
	})
	servers.push(server)
	return server
}

interface State {
	readonly status: string
	readonly models: readonly { readonly status: string; readonly note?: string }[]
}

async function stateOf(server: TestServer): Promise<State> {
	return (await (await fetch(`${server.url}/ready`)).json()) as State
}

async function until(server: TestServer, status: string): Promise<State> {
	for (;;) {
		const state = await stateOf(server)
		if (state.status === status) return state
		await Bun.sleep(20)
	}
}

describe.skipIf(!isEngineHere)('a model that an operator named and that is not there', () => {
	test('fails immediately without a substitute, and the log suggests the nearest name', async () => {
		const data = await folder()
		const server = await serve('smolm2-135', { data })
		const state = await until(server, 'failed')
		expect(state.models).toMatchObject([
			{ status: 'failed', note: 'unknown model "smolm2-135" (did you mean "smollm2-135m"?)' },
		])
		const startedAt = performance.now()
		const response = await server.call('/v1/chat/completions', question)
		expect(response.status).toBe(503)
		expect(response.headers.get('retry-after')).not.toBeNull()
		expect(await response.text()).toContain('did you mean \\"smollm2-135m\\"?')
		expect(performance.now() - startedAt).toBeLessThan(1000)
		await server.logged('"level":50')
		const errors = server
			.log()
			.split('\n')
			.filter((line) => line.includes('"level":50'))
		expect(errors.length).toBe(1)
		expect(errors[0]).toContain('known models: smollm2-135m, ')
	})

	test('many calls for it do not open the breaker, so that it answers as soon as its file appears', async () => {
		const data = await folder()
		await copyFile(toy, join(data, 'my-model.gguf'))
		const server = await serve('./my-modle.gguf', { data })
		const { models } = await until(server, 'failed')
		for (let call = 0; call < 8; call++) expect((await server.call('/v1/chat/completions', question)).status).toBe(503)
		const responses = JSON.stringify(models) + (await (await server.call('/v1/chat/completions', question)).text())
		expect(responses).toContain('file not found: my-modle.gguf')
		expect(responses).not.toContain(data)
		await server.logged(`file not found: ${join(data, 'my-modle.gguf')}; did you mean ${join(data, 'my-model.gguf')}?`)
		await copyFile(toy, join(data, 'my-modle.gguf'))
		await until(server, 'ready')
		const answer = await server.call('/v1/chat/completions', question)
		expect(await answer.json()).toMatchObject({
			model: 'm',
			choices: [{ message: { content: 'Hello! How can I help you today?' } }],
		})
	})

	test('fails if downloads are disabled, with the command that fetches it in the log', async () => {
		const data = await folder()
		const server = await serve('smollm2-135m', { data, more: 'download: false\n' })
		const { models } = await until(server, 'failed')
		expect(models[0]?.note).toBe('the weights of "smollm2-135m" are not in models')
		await server.logged(`npx --no-install dragoman models pull smollm2-135m --folder ${join(data, 'models')}`)
	})

	test('is a URL with credentials: clients see its file name, and the log no password', async () => {
		const data = await folder()
		const server = await serve('https://ada:hunter2hunter2@models.internal/x/my.gguf?token=t0ken-secret', {
			data,
			more: 'download: false\n',
		})
		const { models } = await until(server, 'failed')
		expect(models[0]?.note).toBe('the weights of "my.gguf" are not in models')
		const refused = await (await server.call('/v1/chat/completions', question)).text()
		expect(refused).toContain('the weights of \\"my.gguf\\" are not in models')
		expect(refused).not.toContain('token')
		expect(server.log()).not.toContain('hunter2')
	})

	test('is starting while it is fetched, with the progress as text, and calls are rejected immediately', async () => {
		const data = await folder()
		const weights = await Bun.file(toy).bytes()
		const rest = Promise.withResolvers<void>()
		const source = Bun.serve({
			port: 0,
			idleTimeout: 0,
			hostname: '127.0.0.1',
			fetch: () =>
				new Response(
					new ReadableStream({
						async start(controller) {
							controller.enqueue(weights.subarray(0, 2_000_000))
							await rest.promise
							controller.enqueue(weights.subarray(2_000_000))
							controller.close()
						},
					}),
					{ headers: { 'content-length': String(weights.length) } },
				),
		})
		try {
			const server = await serve(`http://127.0.0.1:${source.port}/some.gguf`, { data })
			let state = await stateOf(server)
			while (!state.models[0]?.note?.includes('2 MB so far')) {
				await Bun.sleep(20)
				state = await stateOf(server)
			}
			expect(state).toMatchObject({ status: 'starting', models: [{ note: 'the model is being fetched: 2 MB so far' }] })
			const startedAt = performance.now()
			const refused = await server.call('/v1/chat/completions', question)
			expect(refused.status).toBe(503)
			expect(refused.headers.get('retry-after')).toBe('10')
			expect(await refused.text()).toContain('the model is being fetched: 2 MB so far')
			expect(performance.now() - startedAt).toBeLessThan(1000)
			rest.resolve()
			await until(server, 'ready')
			expect((await server.call('/v1/chat/completions', question)).status).toBe(200)
		} finally {
			rest.resolve()
			await source.stop(true)
		}
	})

	test('is served if it is tiny-chat, under its name and without a note', async () => {
		const server = await serve('tiny-chat', { data: await folder(), more: 'download: false\n' })
		expect((await until(server, 'ready')).models).toEqual([expect.not.objectContaining({ note: expect.anything() })])
	})

	test('is served from a path relative to the configuration folder', async () => {
		const data = await folder()
		await mkdir(join(data, 'sub'))
		await copyFile(toy, join(data, 'sub', 'm.gguf'))
		const server = await serve('sub/m.gguf', { data })
		await until(server, 'ready')
		const answer = (await (await server.call('/v1/chat/completions', question)).json()) as { model: string }
		expect(answer.model).toBe('m')
	})
})

describe('a check of the upstream', () => {
	const check = async (engine: string, options: object, changes: Partial<EngineCheckContext>) =>
		engineKinds[engine]?.check?.(options, {
			model: undefined,
			configFolder: '/nowhere',
			engineFolder: '/nowhere/engine',
			modelFolder: '/nowhere/models',
			download: true,
			registries: () => Promise.reject(new Error('nothing is fetched by a check')),
			clock: systemClock,
			...changes,
		})

	test('accepts weights that are installed or can be fetched', async () => {
		expect(await check('llama', {}, {})).toBeUndefined()
		expect(await check('llama', {}, { model: 'smollm2-135m' })).toBeUndefined()
		expect(await check('llama', {}, { model: 'tiny-chat', download: false })).toBeUndefined()
		expect(await check('llama', {}, { model: toy })).toBeUndefined()
		expect(await check('llama', {}, { model: 'models/tiny-chat-q8_0.gguf', configFolder: root })).toBeUndefined()
		expect(
			await check('llama', {}, { model: '../models/tiny-chat-q8_0.gguf', configFolder: join(root, 'src') }),
		).toBeUndefined()
		expect(await check('llama', {}, { model: 'hf:org/repo/file.gguf' })).toBeUndefined()
	})

	test.each([
		['qwen25-0.5b', 'unknown model "qwen25-0.5b" (did you mean "qwen2.5-0.5b"?); known models: smollm2-135m, '],
		['gpt-4', 'unknown model "gpt-4"; known models: smollm2-135m, '],
		['~/m.gguf', '"~" is not expanded in "~/m.gguf": write the whole path'],
		['m.gguf', 'file not found: /nowhere/m.gguf'],
		['models/tiny-chat-q80.gguf', `file not found: ${join(root, 'models/tiny-chat-q80.gguf')}; did you mean ${toy}?`],
		['./models', `${join(root, 'models')} is not a regular file`],
		['./package.json', `${join(root, 'package.json')} is not a GGUF model file`],
		['hf:nonsense', "'hf:nonsense' is not a valid source"],
	])('says of %j what is wrong and what to do', async (model, sentence) => {
		const configFolder = model === 'm.gguf' ? '/nowhere' : root
		expect(await check('llama', {}, { model, configFolder })).toStartWith(sentence)
	})

	test('reports which weights are missing if downloads are disabled', async () => {
		expect(await check('llama', {}, { model: 'smollm2-135m', download: false })).toBe(
			'the weights of "smollm2-135m" are not in /nowhere/models; fetch them with: npx --no-install dragoman models pull smollm2-135m --folder /nowhere/models',
		)
	})

	test('reports how to install the package of an AI SDK provider', async () => {
		expect(await check('ai-sdk', { package: '@ai-sdk/not-there' }, {})).toBe(
			'the package @ai-sdk/not-there is not installed; install it with: npm install --prefix /nowhere/engine/packages @ai-sdk/not-there',
		)
	})
})

test('an upstream that can never work makes the server exit with one line and status 78', async () => {
	const data = await folder()
	const config = join(data, 'config.yaml')
	await writeFile(
		config,
		'models: { m: { route: [far] } }\nupstreams: { far: { engine: ai-sdk, package: "@ai-sdk/not-there" } }\n',
	)
	expect(Object.keys((await loadConfig({ file: config, overrides: {}, environment: {} })).config.upstreams)).toEqual([
		'far',
	])
	const { status, stderr } = await runCommand(['serve', '--config', config, '--listen', '127.0.0.1:0', '--data', data])
	expect(status).toBe(78)
	expect(stderr).toMatch(
		/^upstreams\.far: the package @ai-sdk\/not-there is not installed; install it with: npm install [^\n]*\n$/,
	)
})
