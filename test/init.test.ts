// `dragoman init`: what it finds, asks and writes.

import { afterAll, expect, test } from 'bun:test'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDraft } from '../src/cli/config-draft.ts'
import { loadConfig } from '../src/config/load.ts'
import { root, runProcess, temporaryFolder } from './server.ts'
import { onTerminal } from './terminal-process.testing.ts'

const ollama = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch(request) {
		const { pathname } = new URL(request.url)
		if (pathname === '/api/version') return Response.json({ version: '0.15.0' })
		if (pathname !== '/v1/models') return new Response('', { status: 404 })
		const ids = ['llama3.2:latest', 'nomic-embed-text', 'odd: "name"']
		return Response.json({ data: ids.map((id) => ({ id, owned_by: 'library' })) })
	},
})
afterAll(() => ollama.stop(true))
const url = `http://127.0.0.1:${ollama.port}`

function init(folder: string, ...args: readonly string[]) {
	return initWith({}, folder, ...args)
}

function initWith(environment: Readonly<Record<string, string>>, folder: string, ...args: readonly string[]) {
	const env = { ...process.env, ...environment }
	return runProcess([process.execPath, join(root, 'src', 'main.ts'), 'init', ...args], { cwd: folder, env })
}

const load = (file: string) => loadConfig({ file, overrides: {}, environment: {} })

test('--yes writes a commented file with every server that was found', async () => {
	const folder = await temporaryFolder()
	const { status, stderr } = await init(folder, '--yes', '--server', url)
	expect({ status, stderr }).toMatchObject({ status: 0 })
	expect(stderr).toContain(`Found Ollama at ${url}/v1: llama3.2:latest, nomic-embed-text, odd: "name"`)
	const file = join(folder, 'dragoman.yaml')
	expect(stderr).toContain(`Wrote ${file}. Start the server with: `)
	const { config, warnings } = await load(file)
	expect(warnings).toEqual([])
	expect(config.models).toMatchObject({
		'llama3.2:latest': { type: 'text-generation', route: expect.arrayContaining(['ollama']) },
		'nomic-embed-text': { type: 'text-embeddings-inference' },
		'odd: "name"': {},
	})
	expect(config.upstreams.ollama).toMatchObject({ engine: 'openai-compatible', url: `${url}/v1`, preset: 'ollama' })
	const text = await Bun.file(file).text()
	expect(text).toContain('`dragoman config check --online --config dragoman.yaml`')
	expect(text.split('\n').filter((line) => line.trim().startsWith('#')).length).toBeGreaterThan(5)
})

test('a file is not replaced without --force or a confirmation', async () => {
	const folder = await temporaryFolder()
	const file = join(folder, 'dragoman.yaml')
	await writeFile(file, 'mine')
	const refused = await init(folder, '--yes', '--server', url)
	expect([refused.status, refused.stderr.trimEnd().split('\n').at(-1)]).toEqual([
		1,
		`${file} exists. Pass --force to replace it, or --file to write another one.`,
	])
	expect(await Bun.file(file).text()).toBe('mine')
	expect((await init(folder, '--yes', '--server', url, '--file', 'other.yaml')).status).toBe(0)
	expect((await readdir(folder)).toSorted()).toEqual(['dragoman.yaml', 'other.yaml'])
	expect((await init(folder, '--yes', '--server', url, '--force')).status).toBe(0)
	expect(await Bun.file(file).text()).not.toBe('mine')
})

test('on a terminal it asks three questions, and confirms before it replaces a file', async () => {
	const folder = await temporaryFolder()
	const file = join(folder, 'dragoman.yaml')
	await writeFile(file, 'mine')
	const start = () => onTerminal(['init', '--server', url], {}, folder)
	const first = start()
	await first.find('Which models should be served?')
	first.type('\r')
	await first.find('Who may connect?')
	first.type('\u001b[B\r')
	await first.find('Which file should be written?')
	first.type('\r')
	await first.find('exists. Replace it?')
	first.type('\r')
	expect(await first.exited).toBe(1)
	expect(await Bun.file(file).text()).toBe('mine')
	const second = start()
	await second.find('Which models should be served?')
	second.type('\r')
	await second.find('Who may connect?')
	second.type('\u001b[B\r')
	await second.find('Which file should be written?')
	second.type('\r')
	await second.find('exists. Replace it?')
	second.type('y')
	expect(await second.exited).toBe(0)
	const { config } = await load(file)
	expect(config.listen).toMatch(/^0\.0\.0\.0:808[01]$/)
	expect(Object.values(config.upstreams)).toContainEqual(expect.objectContaining({ url: `${url}/v1` }))
})

test('Ctrl-C at a question writes nothing', async () => {
	const folder = await temporaryFolder()
	const one = onTerminal(['init', '--server', url], {}, folder)
	await one.find('Which models should be served?')
	one.type('\u0003')
	expect(await one.exited).toBe(130)
	expect(one.printed).toContain('Cancelled: nothing was written.')
	expect(await readdir(folder)).toEqual([])
})

test('mistakes are one line', async () => {
	const folder = await temporaryFolder()
	const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
		[[], 2, /Without one, pass --yes/],
		[['--yes', '--server', 'http://['], 2, /is not an address/],
		[['--yes', '--server', 'ftp://127.0.0.1'], 2, /"ftp:\/\/127\.0\.0\.1" is not an address/],
		[['--yes', '--server', 'http://me:secretpw@127.0.0.1:1'], 2, /^(?!.*secretpw).*no user name and password/],
		[['--yes', '--server', 'http://127.0.0.1:1'], 1, /^No model server responds at .*\. Nothing was written\.\n$/],
		[['--yes', '--server', url, '--file', '/nowhere/x.yaml'], 1, /no such file or folder/],
	]
	for (const [args, code, message] of cases) {
		const { status, stderr } = await init(folder, ...args)
		expect([args, status]).toEqual([args, code])
		expect(stderr).toMatch(message)
		expect(stderr).not.toMatch(/\n\s+at /)
	}
	expect(await readdir(folder)).toEqual([])
})

test('another machine is reached through the proxy of the environment, this one and NO_PROXY are not', async () => {
	const requested: string[] = []
	const proxy = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch({ url }) {
			requested.push(url)
			return url.endsWith('/v1/models')
				? Response.json({ data: [{ id: 'far', owned_by: 'vllm' }] })
				: new Response('', { status: 404 })
		},
	})
	const HTTP_PROXY = `http://127.0.0.1:${proxy.port}`
	const far = 'http://192.0.2.1:8000'
	const found = await initWith({ HTTP_PROXY }, await temporaryFolder(), '--yes', '--server', far)
	expect(found).toMatchObject({ status: 0, stderr: expect.stringContaining(`Found vLLM at ${far}/v1: far`) })
	expect(new Set(requested.map((url) => new URL(url).host))).toEqual(new Set(['192.0.2.1:8000']))
	const before = requested.length
	const direct = { HTTP_PROXY, NO_PROXY: '192.0.2.0/24' }
	expect((await initWith(direct, await temporaryFolder(), '--yes', '--server', far)).status).toBe(1)
	expect(requested.length).toBe(before)
	const unusable = await initWith({ HTTP_PROXY: 'socks5://p' }, await temporaryFolder(), '--yes', '--server', far)
	expect([unusable.status, unusable.stderr]).toEqual([
		1,
		expect.stringMatching(
			/^http:\/\/192\.0\.2\.1:8000\S* is not requested: .* HTTP_PROXY cannot be used: socks5:.*\n$/,
		),
	])
	await proxy.stop(true)
})

test('a model of two servers falls back to the second, and the embedded model is a third', async () => {
	const server = { title: 'x', url: 'http://127.0.0.1:1/v1', preset: undefined, models: ['m'] }
	const draft = {
		listen: '127.0.0.1:8080',
		servers: [
			{ ...server, name: 'vllm' },
			{ ...server, name: 'vllm' },
			{ ...server, name: 'empty', models: [] },
		],
		embedded: true,
	}
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await writeFile(file, writeDraft({ ...draft, file }))
	const { config, warnings } = await load(file)
	expect(warnings).toEqual([])
	expect(config.models.m?.route).toEqual(['vllm', 'vllm-2'])
	expect(Object.keys(config.upstreams)).toEqual(['vllm', 'vllm-2', 'local'])
})
