// The configuration: precedence of sources, forms of values, and the output of `dragoman config`.

import { describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { ConfigError } from '../src/config/config-error.ts'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { loadConfig } from '../src/config/load.ts'
import { readSettings } from '../src/config/settings.ts'
import { engineKinds } from '../src/engines/list.ts'
import { rejection } from '../src/system/rejection.testing.ts'
import { runCommand, startServer, temporaryFolder } from './server.ts'

const echo = 'models: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n'

async function write(text: string): Promise<string> {
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(file, text)
	return file
}

/** How the file names a variable of the environment. */
const variable = (name: string) => ['$', '{', name, '}'].join('')

async function load(text: string, environment: Readonly<Record<string, string>> = {}) {
	return (await readSettings({ config: await write(text) }, environment)).config
}

async function problemOf(flags: object, environment: Readonly<Record<string, string>>): Promise<string> {
	const thrown = await readSettings(flags, environment).catch((error: unknown) => error)
	expect(thrown).toBeInstanceOf(ConfigError)
	return thrown instanceof ConfigError ? thrown.message : ''
}

/** An upstream of an OpenAI-compatible server with more fields, in braces. */
const upstreamWith = (fields: string) =>
	`models: { m: { route: [u] } }\nupstreams: { u: { engine: openai-compatible, url: "http://127.0.0.1:1/v1", ${fields} } }\n`

describe('values', () => {
	test('of a flag override the environment, which overrides the file', async () => {
		const file = await write(`listen: 127.0.0.1:1\ndata: from-file\n${echo}`)
		const environment = { DRAGOMAN_CONFIG: file, DRAGOMAN_LISTEN: '127.0.0.1:2', DRAGOMAN_DATA: '' }
		expect((await readSettings({}, environment)).config).toMatchObject({ listen: '127.0.0.1:2', data: 'from-file' })
		expect((await readSettings({ listen: '127.0.0.1:3' }, environment)).config.listen).toBe('127.0.0.1:3')
	})
	test('without a file are the built-in embedded model', async () => {
		const { models, upstreams } = (await loadConfig({ overrides: {}, environment: {} })).config
		expect([Object.keys(models), Object.values(upstreams)]).toMatchObject([
			['smollm2-135m'],
			[{ engine: 'llama', model: 'smollm2-135m', builtIn: true }],
		])
	})
	test('with `models: embedded` are the same, in addition to the other fields of the file', async () => {
		const withoutFile = (await loadConfig({ overrides: {}, environment: {} })).config
		const { models, upstreams, download } = await load('download: false\nmodels: embedded\n')
		expect({ models, upstreams, download }).toEqual({
			models: withoutFile.models,
			upstreams: withoutFile.upstreams,
			download: false,
		})
	})
	test('of the built-in default cannot be claimed by a file', async () => {
		const named = await load(
			'models: { m: { route: [embedded] } }\nupstreams: { embedded: { engine: llama, model: smollm2-135m } }\n',
		)
		expect(named.upstreams.embedded).not.toHaveProperty('builtIn')
		const claiming = await write(
			'models: { m: { route: [embedded] } }\nupstreams: { embedded: { engine: llama, builtIn: true } }\n',
		)
		expect(await problemOf({ config: claiming }, {})).toContain('upstreams.embedded.builtIn: unknown field')
	})
	test('a single upstream needs no list', async () => {
		const { models } = await load('models: { m: { route: u } }\nupstreams: { u: { engine: echo } }\n')
		expect(models.m?.route).toEqual(['u'])
	})
	test("a model's name among its aliases is harmless", async () => {
		const server = await startServer({
			config: 'models: { m: { route: [u], aliases: [m, n, n] } }\nupstreams: { u: { engine: echo } }\n',
		})
		const answer = await server.call('/v1/chat/completions', { model: 'n', messages: [{ role: 'user', content: 'x' }] })
		expect(answer.status).toBe(200)
		await server.stop()
	})
	test('durations and amounts may name their unit', async () => {
		const text = upstreamWith(
			'timeouts: { connectMs: 250ms, firstByteMs: 5m, totalMs: 1h30m, betweenChunksMs: 1.5s }, maxAnswerBytes: 64k, concurrency: { limit: 2, queueTimeoutMs: 90000 }, breaker: { openMs: "20s" }, health: { intervalMs: 1m }',
		)
		const { upstreams, limits, streams, history, ledger, models } = await load(
			`${text.replace('route: [u]', 'route: [u], contextTokens: 128Ki, retry: { totalMs: 10s }')}limits: { bodyBytes: 32MB, shutdownMs: 0 }\nstreams: { maxTotalBytes: 1GiB, keepMs: 2d }\nhistory: { keepDays: 12h }\nledger: { keepDays: 90d, maxPending: 50k }\n`,
		)
		expect(upstreams.u).toMatchObject({
			timeouts: { connectMs: 250, firstByteMs: 300_000, totalMs: 5_400_000, betweenChunksMs: 1500 },
			maxAnswerBytes: 64_000,
			concurrency: { queueTimeoutMs: 90_000 },
			breaker: { openMs: 20_000 },
			health: { intervalMs: 60_000 },
		})
		expect(models.m).toMatchObject({ contextTokens: 131_072, retry: { totalMs: 10_000 } })
		expect([limits.bodyBytes, limits.shutdownMs, streams.maxTotalBytes, streams.keepMs]).toEqual([
			32_000_000, 0, 1_073_741_824, 172_800_000,
		])
		expect([history.keepDays, ledger.keepDays, ledger.maxPending]).toEqual([0.5, 90, 50_000])
	})
	test('merge keys, anchors and fields that begin with x- work', async () => {
		const { upstreams } = await load(
			'x-shared: &shared\n  engine: openai-compatible\n  url: http://127.0.0.1:1/v1\n  timeouts: { totalMs: 1m }\nmodels: { m: { route: [a, b] } }\nupstreams:\n  a: { <<: *shared, model: one }\n  b:\n    <<: *shared\n    timeouts: { totalMs: 2m }\n',
		)
		expect(upstreams).toMatchObject({
			a: { url: 'http://127.0.0.1:1/v1', model: 'one', timeouts: { totalMs: 60_000 } },
			b: { url: 'http://127.0.0.1:1/v1', timeouts: { totalMs: 120_000 } },
		})
	})
})

describe('variables', () => {
	test('are replaced in texts, numbers and booleans', async () => {
		const environment = { HOST: '127.0.0.1:1', LIMIT: '3', STREAM: 'false', MODEL: '70', WAIT: '30s' }
		const { upstreams, models } = await load(
			`models: { m: { route: [{ upstream: u, weight: "${variable('LIMIT')}" }] } }\nupstreams: { u: { engine: openai-compatible, url: "http://${variable('HOST')}/v1", model: "${variable('MODEL')}", concurrency: { limit: "${variable('LIMIT')}" }, streamUsage: "${variable('STREAM')}", timeouts: { totalMs: "${variable('WAIT')}" } } }\n`,
			environment,
		)
		expect(upstreams.u).toMatchObject({
			url: 'http://127.0.0.1:1/v1',
			model: '70',
			concurrency: { limit: 3 },
			streamUsage: false,
			timeouts: { totalMs: 30_000 },
		})
		expect(models.m?.route).toEqual([{ upstream: 'u', weight: 3 }])
	})
	test('have defaults, which may be empty or contain punctuation, and an escape', async () => {
		const body = (environment: Readonly<Record<string, string>>) =>
			load(
				upstreamWith(
					`body: { a: "${variable('A:-http://x:1/v-1')}", b: "[${variable('B:-')}]", c: "$${variable('A')} $A $$", d: "${variable('LIMIT:-7')}" }, concurrency: { limit: "${variable('LIMIT:-7')}" }`,
				),
				environment,
			)
		expect((await body({})).upstreams.u).toMatchObject({
			body: { a: 'http://x:1/v-1', b: '[]', c: `${variable('A')} $A $$`, d: '7' },
			concurrency: { limit: 7 },
		})
		expect((await body({ A: 'given', B: '', LIMIT: ' 9\n' })).upstreams.u).toMatchObject({
			body: { a: 'given', b: '[]' },
			concurrency: { limit: 9 },
		})
	})
})

describe('secrets', () => {
	test('are trimmed, whatever their source', async () => {
		const file = await write(
			`adminKey: file:secret.txt\nmodels: { m: { route: [u] } }\nupstreams: { u: { engine: openai-compatible, url: "http://127.0.0.1:1/v1", key: " written ", headers: { a: "${variable('KEY')}", b: "Bearer ${variable('KEY')}", c: "file:secret.txt" } } }\n`,
		)
		await Bun.write(join(file, '..', 'secret.txt'), '\na-secret-of-some-length\r\n')
		const { config } = await readSettings({ config: file }, { KEY: 'from-variable\n' })
		expect(config.adminKey).toBe('a-secret-of-some-length')
		expect(config.upstreams.u).toMatchObject({
			key: 'written',
			headers: { a: 'from-variable', b: 'Bearer from-variable', c: 'a-secret-of-some-length' },
		})
	})
	test('of a provider package may be read from files too', async () => {
		const file = await write(
			'models: { m: { route: [u] } }\nupstreams: { u: { engine: ai-sdk, package: "@ai-sdk/cohere", options: { apiKey: file:key } } }\n',
		)
		await Bun.write(join(file, '..', 'key'), 'sk-of-a-file\n')
		expect((await readSettings({ config: file }, {})).config.upstreams.u).toMatchObject({
			options: { apiKey: 'sk-of-a-file' },
		})
	})
	test('DRAGOMAN_ADMIN_KEY is accepted by the server whatever spaces are around it', async () => {
		const server = await startServer({ environment: { DRAGOMAN_ADMIN_KEY: ' admin-key-of-sixteen\n' } })
		const send = (key: string) => fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
		expect((await send('admin-key-of-sixteen')).status).toBe(200)
		expect((await send('  admin-key-of-sixteen  ')).status).toBe(200)
		expect((await send('another-key-of-sixteen')).status).toBe(401)
		await server.stop()
	})
	test('in a file named by DRAGOMAN_ADMIN_KEY are resolved against the working directory', async () => {
		const file = join(await temporaryFolder(), 'key')
		await Bun.write(file, 'admin-key-of-sixteen\n')
		const { config } = await readSettings({}, { DRAGOMAN_ADMIN_KEY: `file:${file}` })
		expect(config.adminKey).toBe('admin-key-of-sixteen')
	})
})

describe('values from outside the file are named by flag or variable', () => {
	const cases: readonly (readonly [
		name: string,
		flags: object,
		environment: Record<string, string>,
		message: string,
	])[] = [
		[
			'a short admin key',
			{},
			{ DRAGOMAN_ADMIN_KEY: 'short' },
			'DRAGOMAN_ADMIN_KEY is 5 characters long; at least 16 are needed',
		],
		[
			'an admin key that cannot be sent',
			{},
			{ DRAGOMAN_ADMIN_KEY: 'sixteen characters é' },
			'DRAGOMAN_ADMIN_KEY cannot be sent in an HTTP header: character 20 is not ASCII',
		],
		[
			'an admin key in a missing file',
			{},
			{ DRAGOMAN_ADMIN_KEY: 'file:/nowhere/key' },
			'DRAGOMAN_ADMIN_KEY: the file /nowhere/key does not exist',
		],
		[
			'an address of one word',
			{ listen: 'foo' },
			{},
			'--listen: "foo" is not an address: write host:port, such as 127.0.0.1:8080, or unix:PATH',
		],
		[
			'a port alone',
			{},
			{ DRAGOMAN_LISTEN: '8080' },
			'DRAGOMAN_LISTEN: "8080" names no host: write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for every network',
		],
		[
			'a port that does not exist',
			{ listen: '127.0.0.1:70000' },
			{},
			'--listen: port 70000 does not exist: the highest is 65535',
		],
	]
	for (const [name, flags, environment, message] of cases)
		test(name, async () => {
			const config = await write(echo)
			expect(await problemOf({ config, ...flags }, environment)).toBe(message)
			expect(await problemOf(flags, environment)).toBe(message)
		})
	test('a missing file', async () => {
		const message = 'the file /nowhere.yaml does not exist'
		expect(await problemOf({ config: '/nowhere.yaml' }, {})).toBe(`--config: ${message}`)
		expect(await problemOf({}, { DRAGOMAN_CONFIG: '/nowhere.yaml' })).toBe(`DRAGOMAN_CONFIG: ${message}`)
	})
	test('a file that is not UTF-8', async () => {
		const file = join(await temporaryFolder(), 'dragoman.yaml')
		await Bun.write(file, Buffer.from(echo, 'utf16le'))
		expect(await problemOf({ config: file }, {})).toStartWith(`${file}:`)
		await Bun.write(file, Buffer.from([0xff, 0xfe, 0x41, 0xd8]))
		expect(await problemOf({ config: file }, {})).toContain('not text in UTF-8')
	})
})

describe('relative paths', () => {
	test('in the file are resolved against its folder, others against the working directory', async () => {
		const file = await write(`data: stored\nengineFolder: engines\nmodelFolder: ../weights\n${echo}`)
		const folder = resolve(file, '..')
		expect(await readSettings({ config: file }, {})).toMatchObject({
			dataFolder: join(folder, 'stored'),
			engineFolder: join(folder, 'engines'),
			modelFolder: resolve(folder, '../weights'),
			database: `sqlite:${join(folder, 'stored', 'dragoman.sqlite')}`,
		})
		expect(await readSettings({ config: file, data: 'flag' }, {})).toMatchObject({ dataFolder: resolve('flag') })
		expect(await readSettings({ config: file }, { DRAGOMAN_DATA: 'variable' })).toMatchObject({
			dataFolder: resolve('variable'),
		})
		expect(await readSettings({ config: await write(echo) }, {})).toMatchObject({ dataFolder: resolve('.dragoman') })
	})
	test('of data that earlier versions resolved differently cause a warning', async () => {
		const name = 'src'
		const file = await write(`${echo}data: ${name}\n`)
		const [warning = '', ...more] = (await readSettings({ config: file }, {})).warnings
		expect(more).toEqual([])
		expect(warning).toStartWith(`${file}:3: data: `)
		expect(warning).toContain(resolve(name))
		await mkdir(join(file, '..', name))
		expect((await readSettings({ config: file }, {})).warnings).toEqual([])
	})
})

describe('what the web page says', () => {
	test('has a name, notices in several languages, and recommended models', async () => {
		expect((await load(echo)).page).toEqual({ notice: {}, recommended: [] })
		const page = { name: 'Chat', notice: { en: '**Hello**', 'pt-BR': 'Olá' }, recommended: ['echo'] }
		expect((await load(`${echo}page: ${JSON.stringify(page)}\n`)).page).toEqual(page)
		const longest = '🙂'.repeat(400)
		expect((await load(`${echo}page: { notice: { fr: ${longest} } }\n`)).page.notice).toEqual({ fr: longest })
	})
	test.each([
		[`{ notice: { en: ${'x'.repeat(401)} } }`, 'page.notice.en: has 401 characters; at most 400 are permitted'],
		['{ notice: { English: Hello } }', 'page.notice.English: must be the tag of a language, such as en or fr'],
		[`{ name: ${'x'.repeat(61)} }`, 'page.name: must have at most 60 characters'],
		['{ name: "" }', 'page.name'],
		['{ notice: Hello }', 'page.notice'],
		['{ recommend: [echo] }', 'did you mean "recommended"'],
	])('is refused if it is %p', async (page, problem) => {
		const file = await write(`${echo}page: ${page}\n`)
		expect(await problemOf({ config: file }, {})).toContain(problem)
	})
})

describe('warnings', () => {
	test('are not errors, and name line, field and remedy', async () => {
		const file = await write(
			'models: { m: { route: [a, b, c, d, e] } }\nupstreams:\n  a: { engine: openai-compatible, url: "http://127.0.0.1:1" }\n  b: { engine: openai-compatible, url: "http://127.0.0.1:1/v1/chat/completions" }\n  c: { engine: openai-compatible, url: "http://127.0.0.1:1/v1/" }\n  d: { engine: openai-compatible, url: "https://x.invalid/v1beta/openai" }\n  e: { engine: gemini }\n  unused: { engine: echo }\n',
		)
		const environment = {
			DRAGOMAN_LISTENS: 'x',
			DRAGOMAN_SERVICE_HOST: '10.0.0.1',
			DRAGOMAN_PORT_8080_TCP: 'tcp://x',
			DRAGOMAN_PORT: 'tcp://x',
			DRAGOMAN_DATA: 'x',
		}
		expect((await readSettings({ config: file }, environment)).warnings).toEqual([
			`${file}:8: upstreams.unused: no model uses this upstream: name it in \`route\` of a model, or remove it`,
			`${file}:3: upstreams.a.url: the URL does not end in a version, such as /v1: most servers need it`,
			`${file}:4: upstreams.b.url: the URL ends in /chat/completions, which is appended for each request: remove that part`,
			'unknown environment variable DRAGOMAN_LISTENS (did you mean DRAGOMAN_LISTEN?)',
		])
	})
	test('are about recommended models that cannot exist', async () => {
		const page = 'page:\n  recommended: [ecko, echo, other]\n'
		const warningsOf = async (text: string) => (await readSettings({ config: await write(text) }, {})).warnings
		expect((await warningsOf(echo + page)).map((line) => line.replace(/^.*?:4: /, ''))).toEqual([
			'page.recommended[0]: no model "ecko" (did you mean "echo"?)',
			'page.recommended[2]: no model "other"',
		])
		expect(await warningsOf(echo.replace('models: {', 'models: { "*": { route: [echo] },') + page)).toEqual([])
	})
	test('name the new spelling of a renamed field, which still works', async () => {
		const models = 'models: { m: { route: e } }\nupstreams: { e: { engine: echo } }\n'
		const file = await write(`${models}history:\n  albert: true\n`)
		const { warnings, config } = await readSettings({ config: file }, {})
		expect(warnings).toEqual([`${file}:4: history.albert: deprecated: write history.userId`])
		expect(config.history.userId).toBe(true)
		const both = await write(`${models}history:\n  albert: true\n  userId: false\n`)
		expect((await rejection(readSettings({ config: both }, {}))).message).toContain(
			`${both}:4: history.albert: this is the former name of "userId", which is set as well: remove it`,
		)
	})
	test('are printed by config check and logged by the server', async () => {
		const config = `${echo}  \nx-nothing: 1\n`.replace('} }\n  \n', '}, unused: { engine: echo } }\n')
		const file = await write(config)
		const { status, stdout, stderr } = await runCommand(['config', 'check', '--config', file])
		expect([status, stdout]).toEqual([0, `${file} is valid: 1 model, 2 upstreams.\n`])
		expect(stderr).toBe(
			`warning: ${file}:2: upstreams.unused: no model uses this upstream: name it in \`route\` of a model, or remove it\n`,
		)
		const server = await startServer({ config })
		await server.stop()
		expect(server.log()).toContain('upstreams.unused: no model uses this upstream')
	})
})

describe('dragoman config', () => {
	test.skipIf(engineKinds.llama?.check === undefined || engineKinds['ai-sdk']?.check === undefined)(
		'check asks the engines about models and packages that are not here',
		async () => {
			const file = await write(
				'models: { m: { route: [a, b, c] } }\nupstreams:\n  a: { engine: llama, model: smollm2-153m }\n  b: { engine: llama, model: ./missing.gguf }\n  c: { engine: ai-sdk, package: "@ai-sdk/no-such-provider" }\ndownload: false\n',
			)
			const { status, stdout, stderr } = await runCommand(['config', 'check', '--config', file])
			expect([status, stdout]).toEqual([78, ''])
			const lines = stderr.trimEnd().split('\n')
			expect(lines).toHaveLength(3)
			expect(lines[0]).toStartWith(`${file}:3: upstreams.a.model: `)
			expect(lines[0]).toContain('smollm2-135m')
			expect(lines[1]).toStartWith(`${file}:4: upstreams.b.model: `)
			expect(lines[1]).toContain(join(file, '..', 'missing.gguf'))
			expect(lines[2]).toStartWith(`${file}:5: upstreams.c.package: `)
			expect(lines[2]).toContain('@ai-sdk/no-such-provider')
		},
	)
	test('check reports that a file is valid', async () => {
		const file = await write(echo)
		expect(await runCommand(['config', 'check', '--config', file])).toMatchObject({
			status: 0,
			stdout: `${file} is valid: 1 model, 1 upstream.\n`,
		})
	})
	test('schema prints JSON Schema', async () => {
		const { stdout, status } = await runCommand(['config', 'schema'])
		expect(status).toBe(0)
		expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
	})
	test('the JSON Schema accepts what the program accepts, and has its defaults', async () => {
		const ajv = addFormats(new Ajv2020({ strict: false }))
		const validate = ajv.compile(configJsonSchema())
		const accepted = [
			'models: embedded\n',
			`${upstreamWith('timeouts: { totalMs: 30s, connectMs: 500 }, maxAnswerBytes: 64k')}x-mine: { a: 1 }\n`,
			'models: { m: { route: u, contextTokens: 8Ki } }\nupstreams: { u: { engine: echo } }\n',
		]
		for (const text of accepted) {
			await load(text)
			expect([text, validate(parse(text)), validate.errors]).toEqual([text, true, null])
		}
		const refused = [
			'models: embeded\n',
			upstreamWith('timeouts: { totalMs: 30 s }'),
			upstreamWith('timeouts: { totalMs: 1 }'),
			`${echo}y-mine: 1\n`,
			`${echo}limits: { bodyBytes: 12Q }\n`,
		]
		for (const text of refused) {
			expect(validate(parse(text))).toBe(false)
			expect(await rejection(load(text))).toBeInstanceOf(ConfigError)
		}
		expect(configJsonSchema()).toMatchObject({
			properties: { limits: { properties: { shutdownMs: { default: 10_000, type: ['integer', 'string'] } } } },
		})
	})
})
