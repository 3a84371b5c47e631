// The configuration: what wins over what, and how mistakes are told.

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ConfigError, loadConfig } from '../src/config/load.ts'
import { readSettings } from '../src/config/settings.ts'
import { runCommand, temporaryFolder } from './server.ts'

const echo = 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n'

async function write(text: string): Promise<string> {
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(file, text)
	return file
}

/** How the file names a variable of the environment. */
const variable = (name: string) => ['$', '{', name, '}'].join('')

describe('a mistake is told with file, line and field', () => {
	const cases: readonly (readonly [name: string, text: string, complaint: string])[] = [
		['a wrong type', `${echo}limits:\n  bodyBytes: many\n`, ':4: limits.bodyBytes: '],
		['an unknown field', `${echo}lisen: 1\n`, ':3: lisen: unknown field'],
		[
			'an unknown field inside',
			'models:\n  echo:\n    rout: [echo]\n    route: [echo]\nupstreams: { echo: { engine: echo } }\n',
			':3: models.echo.rout: unknown field',
		],
		[
			'an unknown engine',
			'models: { a: { route: [b] } }\nupstreams:\n  b: { engine: vllm }\n',
			':3: upstreams.b.engine: ',
		],
		[
			'a route to nowhere',
			'models:\n  a:\n    route: [b, c]\nupstreams: { b: { engine: echo } }\n',
			":3: models.a.route.1: there is no upstream 'c'",
		],
		[
			'a name given twice',
			'models:\n  a: { route: [b] }\n  c: { aliases: [a], route: [b] }\nupstreams: { b: { engine: echo } }\n',
			":3: models.c: 'a' is a name of model 'a' already",
		],
		['an address without a port', `listen: localhost\n${echo}`, ':1: listen: expected host:port'],
		['text that is no YAML', 'models: { a: [\n', 'not valid YAML'],
		['a list', '- a\n', 'expected a mapping'],
	]
	for (const [name, text, complaint] of cases) {
		test(name, async () => {
			const file = await write(text)
			const thrown = await loadConfig({ file, overrides: {}, environment: {} }).catch((error: unknown) => error)
			expect(thrown).toBeInstanceOf(ConfigError)
			expect(String(thrown)).toContain(complaint)
			expect(String(thrown)).toContain(file)
		})
	}
	test('a file that is not there', async () => {
		await expect(loadConfig({ file: '/nowhere.yaml', overrides: {}, environment: {} })).rejects.toThrow(
			'/nowhere.yaml: cannot be read',
		)
	})
	test('a variable that is not set', async () => {
		const file = await write(`adminKey: ${variable('NOT_SET')}\n${echo}`)
		await expect(loadConfig({ file, overrides: {}, environment: {} })).rejects.toThrow(
			'adminKey: the environment has no NOT_SET',
		)
	})
})

describe('values', () => {
	test('of a flag win over the environment, which wins over the file', async () => {
		const file = await write(`listen: 127.0.0.1:1\ndata: from-file\n${echo}`)
		const environment = { DRAGOMAN_CONFIG: file, DRAGOMAN_LISTEN: '127.0.0.1:2', DRAGOMAN_DATA: '' }
		expect((await readSettings({}, environment)).config).toMatchObject({ listen: '127.0.0.1:2', data: 'from-file' })
		expect((await readSettings({ listen: '127.0.0.1:3' }, environment)).config.listen).toBe('127.0.0.1:3')
	})
	test('of secrets come from variables and files', async () => {
		const file = await write(`adminKey: file:secret.txt\n${echo}`)
		await Bun.write(join(file, '..', 'secret.txt'), 'a-secret-of-some-length\n')
		expect((await loadConfig({ file, overrides: {}, environment: {} })).adminKey).toBe('a-secret-of-some-length')
		const other = await write(`adminKey: "before-${variable('PART')}-behind"\n${echo}`)
		expect((await loadConfig({ file: other, overrides: {}, environment: { PART: 'inside' } })).adminKey).toBe(
			'before-inside-behind',
		)
	})
	test('without a file are the embedded model', async () => {
		const { models, upstreams } = await loadConfig({ overrides: {}, environment: {} })
		expect([Object.keys(models), Object.values(upstreams)]).toMatchObject([
			['smollm2-135m'],
			[{ engine: 'llama', model: 'smollm2-135m', builtIn: true }],
		])
	})
	test('of the built-in default cannot be claimed by a file', async () => {
		const named = await write(
			'models: { m: { route: [embedded] } }\nupstreams: { embedded: { engine: llama, model: smollm2-135m } }\n',
		)
		const { upstreams } = await loadConfig({ file: named, overrides: {}, environment: {} })
		expect(upstreams.embedded).not.toHaveProperty('builtIn')
		const claiming = await write(
			'models: { m: { route: [embedded] } }\nupstreams: { embedded: { engine: llama, builtIn: true } }\n',
		)
		await expect(loadConfig({ file: claiming, overrides: {}, environment: {} })).rejects.toThrow(
			'upstreams.embedded.builtIn: unknown field',
		)
	})
})

describe('dragoman config', () => {
	test('check says that a file is valid', async () => {
		const file = await write(echo)
		expect(await runCommand(['config', 'check', '--config', file])).toMatchObject({
			status: 0,
			stdout: `${file} is valid: 1 models, 1 upstreams.\n`,
		})
	})
	test('check ends with 78 where it is not', async () => {
		const file = await write('lisen: 1\n')
		const { status, stderr } = await runCommand(['config', 'check', '--config', file])
		expect([status, stderr]).toEqual([78, `${file}:1: lisen: unknown field\n`])
	})
	test('schema prints JSON Schema', async () => {
		const { stdout, status } = await runCommand(['config', 'schema'])
		expect(status).toBe(0)
		expect(Object.keys(JSON.parse(stdout).properties)).toContain('upstreams')
	})
})
