import { afterAll, describe, expect, test } from 'bun:test'
import { explainAbsence, findModelServers, usualServers } from './model-server.ts'

const running: Bun.Server<undefined>[] = []
afterAll(() => Promise.all(running.map((server) => server.stop(true))))

/** A server that responds to these paths. @returns its address. */
function serve(responses: Readonly<Record<string, unknown>>): string {
	const server = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch(request) {
			const { pathname } = new URL(request.url)
			return Object.hasOwn(responses, pathname)
				? Response.json(responses[pathname])
				: new Response('not found', { status: 404 })
		},
	})
	running.push(server)
	return `http://127.0.0.1:${server.port}`
}

const list = (owner: string, ...ids: readonly string[]) => ({
	object: 'list',
	data: ids.map((id) => ({ id, object: 'model', owned_by: owner })),
})

// What each of these servers responds: https://github.com/ollama/ollama/blob/main/docs/api.md, vLLM's
// OpenAI-compatible server, llama.cpp's tools/server/README.md, https://lmstudio.ai/docs/app/api/endpoints/rest
describe('model servers are recognized by their responses', () => {
	const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, object | undefined])[] = [
		[
			'Ollama',
			{ '/v1/models': list('library', 'llama3.2:latest'), '/api/version': { version: '0.15.0' } },
			{ name: 'ollama', preset: 'ollama', models: ['llama3.2:latest'] },
		],
		[
			'Ollama without models',
			{ '/v1/models': { object: 'list', data: null }, '/api/version': { version: '0.15.0' } },
			{ name: 'ollama', models: [] },
		],
		[
			'vLLM',
			{ '/v1/models': list('vllm', 'Qwen/Qwen3-8B'), '/version': { version: '0.12.0' } },
			{ name: 'vllm', preset: 'vllm' },
		],
		['llama.cpp', { '/v1/models': list('llamacpp', 'model.gguf') }, { name: 'llama-server', preset: 'llama.cpp' }],
		[
			'LM Studio',
			{ '/v1/models': list('organization_owner', 'qwen'), '/api/v0/models': { data: [] } },
			{ name: 'lm-studio', preset: undefined },
		],
		['another one', { '/v1/models': list('me', 'x') }, { name: 'server', preset: undefined, models: ['x'] }],
		[
			'Dragoman itself',
			{ '/v1/models': list('dragoman', 'x'), '/version': { name: 'dragoman', version: '1' } },
			undefined,
		],
		['a server that wants a key', {}, undefined],
		['a page', { '/v1/models': 'hello' }, undefined],
		['a foreign list', { '/v1/models': { data: [1, null, { id: 3 }] } }, { models: [] }],
	]
	for (const [name, responses, expected] of cases)
		test(name, async () => {
			const [found] = await findModelServers([serve(responses)])
			if (expected === undefined) expect(found).toBeUndefined()
			else expect(found).toMatchObject(expected)
		})
	test('a port without a server, and one that never responds', async () => {
		const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
		expect(await findModelServers(['http://127.0.0.1:1', `http://127.0.0.1:${silent.port}`])).toEqual([])
		silent.stop(true)
	})
	test('the reason why there is none', async () => {
		const dragoman = serve({ '/version': { name: 'dragoman', version: '1' } })
		const locked = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('', { status: 401 }) })
		running.push(locked)
		expect(await explainAbsence(dragoman)).toMatch(/is a Dragoman, not a model server\.$/)
		expect(await explainAbsence(`http://127.0.0.1:${locked.port}`)).toContain('needs a key (status 401)')
		expect(await explainAbsence(serve({}))).toContain('no list of models at /v1/models (status 404)')
		expect(await explainAbsence('http://127.0.0.1:1')).toBe('No model server responds at http://127.0.0.1:1.')
	})
	test('their usual ports', () => {
		expect(Object.values(usualServers).map((url) => new URL(url).port)).toEqual(['11434', '8000', '8080', '1234'])
	})
})
