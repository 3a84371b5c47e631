// Mistakes in configuration files: each message has the position, the problem and what to write instead.

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ConfigError } from '../src/config/config-error.ts'
import { readSettings } from '../src/config/settings.ts'
import { rejection } from '../src/system/rejection.testing.ts'
import { runCommand, temporaryFolder } from './server.ts'

interface Mistake {
	/** What is wrong, for the test's name. */
	readonly name: string
	readonly text: string
	/** Each complaint: the line, then pieces of the message in their order. */
	readonly problems: readonly (readonly [line: number, ...pieces: string[]])[]
	readonly environment?: Readonly<Record<string, string>>
	readonly files?: Readonly<Record<string, string>>
}

const upstream = 'upstreams: { u: { engine: echo } }\n'
const model = 'models: { m: { route: [u] } }\n'
const valid = model + upstream

/** An OpenAI-compatible upstream with more fields, from line 2 on. */
const withFields = (fields: string) =>
	`${model}upstreams:\n  u:\n    engine: openai-compatible\n    url: http://127.0.0.1:1/v1\n${fields.replace(/^/gm, '    ')}\n`
/** The line of the first of those fields. */
const first = 6
/** How the file names a variable. */
const reference = (name: string) => ['$', '{', name, '}'].join('')
/** A brace that begins a variable. */
const open = ['$', '{'].join('')

const mistakes: readonly Mistake[] = [
	{
		name: 'an anchor that contains itself, under models',
		text: `models: &all { m: *all }\n${upstream}`,
		problems: [[1, 'the alias *all is inside the value that it refers to']],
	},
	{
		name: 'an anchor that contains itself, in an ignored field',
		text: `${valid}x-list: &list [a, [*list]]\n`,
		problems: [[3, 'the alias *list is inside the value that it refers to']],
	},
	{
		name: 'a name that JavaScript reserves',
		text: `models:\n  m: { route: [u] }\n  __proto__: { route: [u] }\n${upstream}`,
		problems: [[3, '__proto__ cannot be used as a name']],
	},
	{
		name: 'a template that was not rendered',
		text: withFields('key: {{ .Values.key }}'),
		problems: [[first, 'a list or a mapping cannot be a name', 'in quotes']],
	},
	{
		name: 'a list as a name',
		text: `models:\n  ? [a, b]\n  : { route: [u] }\n${upstream}`,
		problems: [[2, 'a list or a mapping cannot be a name']],
	},
	{
		name: 'mappings in mappings without end',
		text: `${valid}x-deep: ${'{ a: '.repeat(3000)}1${' }'.repeat(3000)}\n`,
		problems: [[3, 'nested too deeply', '100 levels']],
	},
	{
		name: 'a merge key that merges an alias of a number',
		text: `x-n: &n 5\nmodels:\n  m:\n    <<: *n\n    route: [u]\n${upstream}`,
		problems: [[4, 'a merge key (<<) takes an alias of a mapping']],
	},
	{ name: 'an empty file', text: '', problems: [[1, 'the file is empty', 'models: embedded']] },
	{ name: 'comments only', text: '# soon\n\n', problems: [[1, 'the file is empty', 'models: embedded']] },
	{
		name: 'upstreams without models',
		text: upstream,
		problems: [[1, 'models: no models are defined', 'models: embedded']],
	},
	{
		name: 'models that are empty',
		text: `models: {}\n${upstream}`,
		problems: [[1, 'models: no models are defined']],
	},
	{ name: 'models without a value', text: `${upstream}models:\n`, problems: [[2, 'models: no models are defined']] },
	{
		name: 'models as a word',
		text: 'models: embeded\n',
		problems: [[1, 'models: "embeded"', 'did you mean "embedded"']],
	},
	{ name: 'a list at the top', text: '- a\n', problems: [[1, 'must contain a mapping of fields', 'a list']] },
	{
		name: 'a misspelt field at the top',
		text: `${valid}lissten: 127.0.0.1:1\n`,
		problems: [[3, 'lissten: unknown field', 'did you mean "listen"?']],
	},
	{
		name: 'another spelling of a field',
		text: `models: { m: { route: [u], context_tokens: 3 } }\n${upstream}`,
		problems: [[1, 'models.m.context_tokens: unknown field', 'written "contextTokens"']],
	},
	{
		name: 'a field in the wrong section',
		text: `${valid}bodyBytes: 3000\n`,
		problems: [[3, 'bodyBytes: unknown field', 'limits.bodyBytes']],
	},
	{
		name: "LiteLLM's words",
		text: 'model_list:\n  - model_name: a\n    litellm_params: {}\ngeneral_settings: { master_key: sk-1 }\nrouter_settings: {}\n',
		problems: [
			[1, 'model_list: unknown field', '`models`', '`upstreams`'],
			[4, 'general_settings: unknown field', 'adminKey'],
			[5, 'router_settings: unknown field', '`policy`'],
		],
	},
	{
		name: "LiteLLM's words in an upstream",
		text: withFields('api_base: http://x/v1\napi_key: sk-secret-of-mine\nrpm: 3\nmax_retries: 2'),
		problems: [
			[first, 'upstreams.u.api_base: unknown field', '"url"'],
			[first + 1, 'upstreams.u.api_key: unknown field', '"key"'],
			[first + 2, 'upstreams.u.rpm: unknown field', 'concurrency.limit'],
			[first + 3, 'upstreams.u.max_retries: unknown field', 'models.NAME.retry.attempts'],
		],
	},
	{
		name: "Ollama's words",
		text: withFields('baseURL: http://x/v1\nhost: x\nkeep_alive: 5m\nnum_predict: 3'),
		problems: [
			[first, 'upstreams.u.baseURL: unknown field', '"url"'],
			[first + 1, 'upstreams.u.host: unknown field', '"url"'],
			[first + 2, 'upstreams.u.keep_alive: unknown field', 'stays loaded'],
			[first + 3, 'upstreams.u.num_predict: unknown field', '`body`'],
		],
	},
	{
		name: 'num_ctx of the embedded engine',
		text: `${model}upstreams: { u: { engine: llama, num_ctx: 4096 } }\n`,
		problems: [[2, 'upstreams.u.num_ctx: unknown field', '"contextTokens"']],
	},
	{
		name: 'port and host at the top',
		text: `${valid}port: 80\nhost: x\n`,
		problems: [
			[3, 'port: unknown field', '"listen"'],
			[4, 'host: unknown field', '"listen"'],
		],
	},
	{
		name: 'a misspelt engine',
		text: `${model}upstreams:\n  u:\n    engine: openai-compatble\n`,
		problems: [[4, 'upstreams.u.engine: "openai-compatble" is not one of', 'did you mean "openai-compatible"?']],
	},
	{
		name: "a product's name as engine",
		text: `${model}upstreams: { u: { engine: ollama, url: "http://127.0.0.1:1/v1" } }\n`,
		problems: [[2, 'upstreams.u.engine: "ollama" is not one of', 'did you mean "openai-compatible"?']],
	},
	{
		name: 'a misspelt preset',
		text: `${model}upstreams:\n  u:\n    engine: openai-compatible\n    url: "http://127.0.0.1:1/v1"\n    preset: vlm\n`,
		problems: [[6, 'upstreams.u.preset: "vlm" is not one of', 'did you mean "vllm"?']],
	},
	{
		name: 'a misspelt option of an upstream, and a value of another',
		text: `${model}upstreams:\n  u:\n    engine: openai-compatible\n    url: "http://127.0.0.1:1/v1"\n    systemMesages: user\n    textContent: strings\n`,
		problems: [
			[6, 'upstreams.u.systemMesages: unknown field', 'did you mean "systemMessages"?'],
			[7, 'upstreams.u.textContent: "strings" is not one of', 'did you mean "string"?'],
		],
	},
	{
		name: 'a field that every request needs, denied',
		text: `${model}upstreams:\n  u:\n    engine: openai-compatible\n    url: "http://127.0.0.1:1/v1"\n    deny: [user, messages]\n`,
		problems: [[6, 'upstreams.u.deny[1]:', 'every request needs this field']],
	},
	{
		name: 'no engine',
		text: `${model}upstreams: { u: { url: "http://127.0.0.1:1/v1" } }\n`,
		problems: [[2, 'upstreams.u.engine: is required', 'openai-compatible']],
	},
	{
		name: 'no URL',
		text: `${model}upstreams: { u: { engine: openai-compatible } }\n`,
		problems: [[2, 'upstreams.u.url: is required', 'http://']],
	},
	{
		name: 'a URL without a scheme',
		text: `${model}upstreams: { u: { engine: openai-compatible, url: "127.0.0.1:11434/v1" } }\n`,
		problems: [[2, 'upstreams.u.url: "127.0.0.1:11434/v1" is not a URL', 'begin it with http:// or https://']],
	},
	{
		name: 'a URL with a password and no scheme',
		text: `${model}upstreams: { u: { engine: openai-compatible, url: "me:secret-of-mine@host/v1" } }\n`,
		problems: [[2, 'upstreams.u.url: "***@host/v1" is not a URL']],
	},
	...[
		'http://me:pa/secret-of-mine@host/v1',
		'http://me:pa@secret-of-mine@ho st/v1',
		"http://me:a 'secret-of-mine@host:x/v1",
		'me:pa@secret-of-mine@host/v1',
		'http://ho st/v1?key=secret-of-mine',
		'host/v1?api-key=secret-of-mine',
	].map((url) => ({
		name: `a secret in the URL ${url}`,
		text: `${model}upstreams: { u: { engine: openai-compatible, url: "${url}" } }\n`,
		problems: [[2, 'upstreams.u.url: "', '***', '"', 'is not a '] as const],
	})),
	{
		name: 'no route',
		text: `models: { m: {} }\n${upstream}`,
		problems: [[1, 'models.m.route: is required', 'route: [']],
	},
	{
		name: 'an empty route',
		text: `models: { m: { route: [] } }\n${upstream}`,
		problems: [[1, 'models.m.route: the list is empty', 'at least 1']],
	},
	{
		name: 'a route to nowhere',
		text: 'models:\n  m:\n    route:\n      - u\n      - olama\nupstreams: { u: { engine: echo }, ollama: { engine: echo } }\n',
		problems: [[5, 'models.m.route[1]: no upstream "olama"', 'did you mean "ollama"?']],
	},
	{
		name: 'a route entry without a name',
		text: `models: { m: { route: [{ upstram: u }] } }\n${upstream}`,
		problems: [
			[1, 'models.m.route[0].upstream: is required'],
			[1, 'models.m.route[0].upstram: unknown field', '"upstream"'],
		],
	},
	{
		name: 'a number as route',
		text: `models: { m: { route: 3 } }\n${upstream}`,
		problems: [[1, 'models.m.route: must be a list', 'a number']],
	},
	{
		name: 'an alias of two models',
		text: `models:\n  m: { route: [u] }\n  n: { route: [u], aliases: [x, m] }\n${upstream}`,
		problems: [[3, 'models.n.aliases[1]: "m" is already the name of the model "m"', 'one model']],
	},
	{
		name: 'words that are no choice',
		text: `models: { m: { route: [u], policy: least_busy, price: { input: 1, output: 2, currency: Euro } } }\n${upstream}log: { level: verbose }\n`,
		problems: [
			[1, 'models.m.policy: "least_busy" is not one of', 'did you mean "least-busy"?'],
			[1, 'models.m.price.currency: "Euro"', 'such as EUR'],
			[3, 'log.level: "verbose" is not one of trace, debug, info'],
		],
	},
	{
		name: 'invalid durations',
		text: withFields('timeouts:\n  connectMs: soon\n  firstByteMs: 5 minutes\n  totalMs: 3d\n  betweenChunksMs: 5ms'),
		problems: [
			[first + 1, 'upstreams.u.timeouts.connectMs: "soon" is not a duration', 'such as 30s'],
			[first + 2, 'upstreams.u.timeouts.firstByteMs: "5 minutes" is not a duration', 'ms, s, m, h or d'],
			[first + 3, 'upstreams.u.timeouts.totalMs: 3d is too long', 'the maximum is 1d'],
			[first + 4, 'upstreams.u.timeouts.betweenChunksMs: 5ms is too short', 'the minimum is 10ms'],
		],
	},
	{
		name: 'invalid sizes',
		text: `${valid}limits: { bodyBytes: many }\nstreams: { maxBytes: 12Q }\n`,
		problems: [
			[3, 'limits.bodyBytes: "many" is not a number of bytes', 'such as 32MiB'],
			[4, 'streams.maxBytes: "12Q" is not a number of bytes'],
		],
	},
	{
		name: 'numbers out of range and in quotes',
		text: `${withFields('concurrency: { limit: 0, queue: "64" }')}limits: { jsonDepth: 5000 }\n`,
		problems: [
			[first, 'upstreams.u.concurrency.limit: 0 is too small', 'minimum is 1'],
			[first, 'upstreams.u.concurrency.queue: "64" is text', 'write 64 without quotes'],
			[first + 1, 'limits.jsonDepth: 5000 is too large', 'maximum is 1000'],
		],
	},
	{
		name: 'yes instead of true',
		text: `${valid}download: yes\ntelemetry: { content: off }\n`,
		problems: [
			[3, 'download: "yes" is neither true nor false', 'write true'],
			[4, 'telemetry.content: "off"', 'write false'],
		],
	},
	{
		name: 'listen as a port',
		text: `${valid}listen: 8080\n`,
		problems: [[3, 'listen: "8080" names no host', '127.0.0.1:8080']],
	},
	{
		name: 'listen without a port',
		text: `${valid}listen: localhost\n`,
		problems: [[3, 'listen: "localhost" is not an address', 'such as 127.0.0.1:8080']],
	},
	{
		name: 'a port that does not exist',
		text: `${valid}listen: 127.0.0.1:99999\n`,
		problems: [[3, 'listen: port 99999 does not exist', '65535']],
	},
	{
		name: 'a database of another kind',
		text: `${valid}database: mysql://root:secret-of-mine@db/x\n`,
		problems: [[3, 'database: must be sqlite or a URL', 'postgres://']],
	},
	{
		name: 'an admin key that is short',
		text: `${valid}adminKey: short\n`,
		problems: [[3, 'adminKey: is 5 characters long', 'at least 16']],
	},
	{
		name: 'a mapping where a text belongs',
		text: withFields('key: { from: env }\nmodel: 70'),
		problems: [
			[first, 'upstreams.u.key: must be text', 'a mapping'],
			[first + 1, 'upstreams.u.model: 70 is a number', '"70"'],
		],
	},
	{
		name: 'a text where a mapping belongs',
		text: `models: { m: u }\n${upstream}limits: 3\n`,
		problems: [
			[1, 'models.m: must be a mapping of fields', 'text'],
			[3, 'limits: must be a mapping of fields', 'bodyBytes', 'a number'],
		],
	},
	{
		name: 'an upstream without fields',
		text: `${model}upstreams:\n  u:\n`,
		problems: [[3, 'upstreams.u: has no value']],
	},
	{
		name: 'a variable that is not set',
		text: withFields(`key: ${reference('OPENAI_APIKEY')}`),
		environment: { OPENAI_API_KEY: 'secret-of-mine' },
		problems: [
			[
				first,
				'upstreams.u.key: the environment variable OPENAI_APIKEY is not set',
				'did you mean OPENAI_API_KEY?',
				':-default}',
			],
		],
	},
	...['A-B', '', 'a b', '1A', 'A:B', 'A-secret-of-mine'].map((inner) => ({
		name: `the variable \${${inner}}`,
		text: withFields(`model: "${reference(inner)}"`),
		problems: [[first, `upstreams.u.model: ${open}`, '}', 'is not|names no'] as const],
	})),
	{
		name: 'a variable that is not closed',
		text: withFields(`key: "${open}OPEN"`),
		problems: [[first, `upstreams.u.key: ${open}OPEN… is not closed`, reference('OPEN')]],
	},
	{
		name: 'a variable within a variable',
		text: withFields(`key: "${reference(`OUTER:-${reference('INNER')}`)}"`),
		problems: [[first, `upstreams.u.key: ${open}OUTER… contains another variable`]],
	},
	{
		name: 'variables as a shell and as LiteLLM write them',
		text: withFields('key: $KEY\nheaders: { a: os.environ/TOKEN }'),
		problems: [
			[first, 'upstreams.u.key: $KEY is not a variable', reference('KEY')],
			[first + 1, 'upstreams.u.headers.a: os.environ/TOKEN is not a variable', reference('TOKEN')],
		],
	},
	{
		name: 'a number from a variable that holds none',
		text: withFields(`concurrency: { limit: "${reference('LIMIT')}" }`),
		environment: { LIMIT: 'many' },
		problems: [[first, `upstreams.u.concurrency.limit: the value of "${reference('LIMIT')}" is not a number`]],
	},
	{
		name: 'secrets in variables of fields that are not secret',
		text: withFields(`socket: ~/x\nmodel: ok\nmaxTokensField: "${reference('KEY')}"`).replace(
			'http://127.0.0.1:1/v1',
			reference('KEY'),
		),
		environment: { KEY: 'sk-of-mine-and-of-nobody-else' },
		problems: [
			[5, `upstreams.u.url: the value of "${reference('KEY')}" is not a URL`],
			[first, 'upstreams.u.socket: "~" is not expanded'],
			[first + 2, `upstreams.u.maxTokensField: the value of "${reference('KEY')}" is not one of max_tokens`],
		],
	},
	{
		name: 'the path of a certificate without file:',
		text: withFields('tls: { ca: /etc/ssl/ca.pem }'),
		problems: [[first, 'upstreams.u.tls.ca: must be PEM', 'file:PATH']],
	},
	{
		name: 'a variable between braces without quotes',
		text: `${model}upstreams: { u: { engine: echo, model: ${reference('M')} } }\n`,
		problems: [[2, 'a variable between braces or brackets must be in quotes', '"$']],
	},
	{
		name: 'secrets whose files are missing, empty or folders',
		text: withFields('key: file:nowhere\ntls: { ca: file:empty, cert: "file:." }'),
		files: { empty: ' \n' },
		problems: [
			[first, 'upstreams.u.key: the file ', 'nowhere does not exist'],
			[first + 1, 'upstreams.u.tls.ca: the file ', 'is empty'],
			[first + 1, 'upstreams.u.tls.cert: ', 'is a folder'],
		],
	},
	{
		name: 'secrets that cannot be sent',
		text: withFields(`key: ${reference('KEY')}\nheaders: { a: file:two-lines, "b c": x }`),
		environment: { KEY: 'secrét-of-mine' },
		files: { 'two-lines': 'secret\nof-mine\n' },
		problems: [
			[first, 'upstreams.u.key: cannot be sent in an HTTP header', 'character 5 is not ASCII'],
			[first + 1, 'upstreams.u.headers.a: cannot be sent in an HTTP header', 'a line end'],
			[first + 1, 'upstreams.u.headers["b c"]: ', 'name of a header'],
		],
	},
	{ name: 'a tab', text: 'models:\n\tm: { route: [u] }\n', problems: [[2, '1: a tab', 'use spaces']] },
	{
		name: 'a key that occurs twice',
		text: `${valid}download: true\ndownload: false\n`,
		problems: [[4, '1: this key occurs twice', 'remove']],
	},
	{
		name: 'a bracket that is not closed',
		text: `models: { m: { route: [u\n${upstream}`,
		problems: [[2, '1: a "[" or "{" above is not closed']],
	},
	{ name: 'TOML', text: '[server]\nport = 80\n', problems: [[2, '1: this text does not belong here']] },
	{
		name: 'an alias without an anchor',
		text: `${model}upstreams: { u: *base }\n`,
		problems: [[2, 'the alias *base refers to nothing', '&base']],
	},
	{
		name: 'lists instead of text: their length is not the matter',
		text: `${valid}adminKey: [secret-of-mine]\ndata: []\n`,
		problems: [
			[3, 'adminKey: must be text, not a list'],
			[4, 'data: must be text, not a list'],
		],
	},
	{
		name: 'a mistake in what a merge key brings in',
		text: `x-base: &base\n  engine: echo\n  contextTokens: none\n${model}upstreams:\n  u: { <<: *base }\n`,
		problems: [[3, 'upstreams.u.contextTokens: "none" is not a number of tokens']],
	},
	{
		name: 'a home folder',
		text: `${valid}data: ~/dragoman\n`,
		problems: [[3, 'data: "~" is not expanded', reference('HOME')]],
	},
	{
		name: 'names of the built-in model',
		text: 'models: embedded\nupstreams:\n  embedded: { engine: echo }\n',
		problems: [[3, 'upstreams.embedded: the built-in embedded model has this name']],
	},
]

/** Words of the validation library, which mean nothing to an operator, and texts that only a program's fault prints. */
const jargon = /Invalid|expected .* received|discriminator|Too small|Too big|Unrecognized|undefined|\n\s+at /

async function write({ text, files = {} }: Pick<Mistake, 'text' | 'files'>): Promise<string> {
	const folder = await temporaryFolder()
	const file = join(folder, 'dragoman.yaml')
	await Bun.write(file, text)
	for (const [path, content] of Object.entries(files)) await Bun.write(join(folder, path), content)
	return file
}

describe('mistakes', () => {
	for (const { name, text, problems, environment = {}, files = {} } of mistakes)
		test(name, async () => {
			const file = await write({ text, files })
			const thrown = await readSettings({ config: file }, environment).catch((error: unknown) => error)
			expect(thrown).toBeInstanceOf(ConfigError)
			const message = thrown instanceof ConfigError ? thrown.message : ''
			expect(message).not.toMatch(jargon)
			expect(message).not.toMatch(/secr.t-of-mine|of-mine/)
			const lines = message.split('\n')
			expect(lines, message).toHaveLength(problems.length)
			for (const [index, [line, ...fragments]] of problems.entries()) {
				const problem = lines[index] ?? ''
				expect(problem).toStartWith(`${file}:${line}:`)
				for (const fragment of fragments)
					if (!fragment.split('|').some((one) => problem.includes(one))) expect(problem).toContain(fragment)
			}
		})
	test('a truncated file of one long line is rejected quickly', async () => {
		const models = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`m${n}`, { route: [`u${n}`] }]))
		const file = await write({ text: JSON.stringify({ models }).slice(0, -3) })
		const startedMs = performance.now()
		expect((await rejection(readSettings({ config: file }, {}))).message).toContain('is not closed')
		expect(performance.now() - startedMs).toBeLessThan(6000)
	})
	test('there are at least 40', () => expect(mistakes.length).toBeGreaterThanOrEqual(40))
	for (const { name, text, files = {} } of mistakes.filter(({ name }) =>
		/^(an empty file|no engine|a tab)$/.test(name),
	))
		test(`${name}: config check and serve print only the problems, and exit with status 78`, async () => {
			const file = await write({ text, files })
			const thrown = await readSettings({ config: file }, {}).catch((error: unknown) => error)
			const expected = `${thrown instanceof Error ? thrown.message : ''}\n`
			for (const command of [
				['config', 'check'],
				['serve', '--listen', '127.0.0.1:0'],
			])
				expect(await runCommand([...command, '--config', file])).toEqual({ status: 78, stdout: '', stderr: expected })
		})
})
