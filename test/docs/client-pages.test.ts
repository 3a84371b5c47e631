// The pages of docs/clients: their configuration is read in the format of each client, and the address, the key and the
// model in it get an answer to the request that the client sends. Which versions were started is on the pages.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { parse as parseYaml } from 'yaml'
import { codingAgents } from '../../src/cli/coding-agent.ts'
import { at, listAt, textAt } from '../dialect-clients/dialect-client.ts'
import { root, runProcess, startServer, type TestServer } from '../server.ts'
import { checkShell } from './block-checks.ts'

interface PageBlock {
	readonly language: string
	readonly text: string
}

/** Where a client of a page sends its requests. */
interface ClientTarget {
	readonly url: string
	readonly key: string
	readonly model: string
}

type ClientApi = 'chat' | 'responses' | 'messages'

interface ClientPage {
	readonly api: ClientApi
	/** Reads what the client reads, from the blocks of its page in their order. */
	targets(blocks: readonly PageBlock[]): readonly ClientTarget[]
}

const page = (path: string) => Bun.file(join(root, 'docs', path)).text()

function blocksOf(text: string): readonly PageBlock[] {
	return [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({ language, text }))
}

const readers: Readonly<Record<string, (text: string) => unknown>> = {
	yaml: (text) => parseYaml(text),
	json: (text) => JSON.parse(text),
	toml: (text) => Bun.TOML.parse(text),
	sh: variablesOf,
}

/** Values of a block, in the format of its language. */
function readBlock(block: PageBlock | undefined): unknown {
	const read = readers[block?.language ?? '']
	if (block === undefined || read === undefined) throw new Error(`no reader of ${block?.language}`)
	return read(block.text)
}

/** Variables that commands set, by `NAME=VALUE`. */
function variablesOf(text: string): Readonly<Record<string, string>> {
	return Object.fromEntries([...text.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))
}

const paths = { chat: '/chat/completions', responses: '/responses', messages: '/v1/messages' } as const

const pages: Readonly<Record<string, ClientPage>> = {
	'open-webui.md': {
		api: 'chat',
		targets: ([docker, compose]) =>
			[readBlock(docker), at(readBlock(compose), 'services', 'open-webui', 'environment')].map((variables) => ({
				url: textAt(variables, 'OPENAI_API_BASE_URL') + paths.chat,
				key: textAt(variables, 'OPENAI_API_KEY'),
				model: 'smollm2-135m',
			})),
	},
	'librechat.md': {
		api: 'chat',
		targets: ([file]) => {
			const endpoint = at(readBlock(file), 'endpoints', 'custom', 0)
			expect(textAt(endpoint, 'apiKey')).toBe(`\${DRAGOMAN_API_KEY}`)
			const model = textAt(endpoint, 'models', 'default', 0)
			return [{ url: textAt(endpoint, 'baseURL') + paths.chat, key: 'dgm-…', model }]
		},
	},
	'cline.md': {
		api: 'chat',
		targets: ([commands]) => {
			const [, key = '', url = '', model = ''] = / -k (\S+) -b (\S+) -m (\S+)/.exec(commands?.text ?? '') ?? []
			return [{ url: url + paths.chat, key, model }]
		},
	},
	'continue.md': {
		api: 'chat',
		targets: ([file]) => {
			const model = at(readBlock(file), 'models', 0)
			return [
				{ url: textAt(model, 'apiBase') + paths.chat, key: textAt(model, 'apiKey'), model: textAt(model, 'model') },
			]
		},
	},
	'vscode.md': {
		api: 'chat',
		targets: ([file]) => {
			const provider = at(readBlock(file), 0)
			expect(provider).toMatchObject({ vendor: 'customendpoint', apiType: 'chat-completions' })
			const model = at(provider, 'models', 0)
			return [{ url: textAt(model, 'url'), key: 'dgm-…', model: textAt(model, 'id') }]
		},
	},
	'codex.md': {
		api: 'responses',
		targets: ([file, commands]) => {
			const config = readBlock(file)
			const provider = at(config, 'model_providers', textAt(config, 'model_provider'))
			const key = textAt(readBlock(commands), textAt(provider, 'env_key'))
			return [{ url: textAt(provider, 'base_url') + paths.responses, key, model: textAt(config, 'model') }]
		},
	},
	'claude-code.md': {
		api: 'messages',
		targets: ([commands, settings]) =>
			[readBlock(commands), at(readBlock(settings), 'env')].map((variables) => ({
				url: textAt(variables, 'ANTHROPIC_BASE_URL') + paths.messages,
				key: textAt(variables, 'ANTHROPIC_AUTH_TOKEN'),
				model: textAt(variables, 'ANTHROPIC_MODEL'),
			})),
	},
}

/** A streamed request with a tool, as agents send it. */
const requests = {
	chat: (model: string) => ({
		model,
		stream: true,
		stream_options: { include_usage: true },
		messages: [{ role: 'user', content: 'echo:tool look {"at": "it"}' }],
		tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
	}),
	responses: (model: string) => ({
		model,
		stream: true,
		store: false,
		input: 'echo:tool look {"at": "it"}',
		tools: [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false }],
	}),
	messages: (model: string) => ({
		model,
		stream: true,
		max_tokens: 100,
		messages: [{ role: 'user', content: 'echo:tool look {"at": "it"}' }],
		tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
	}),
} satisfies Record<ClientApi, (model: string) => object>

const ends = {
	chat: '"finish_reason":"tool_calls"',
	responses: 'response.completed',
	messages: '"stop_reason":"tool_use"',
}

let server: TestServer
beforeAll(async () => {
	server = await startServer({
		config: 'models: { smollm2-135m: { route: echo, aliases: [qwen3] } }\nupstreams: { echo: { engine: echo } }\n',
	})
})
afterAll(() => server.stop())

/** The address of the tests' server in place of the one on the page. */
function translate(text: string): string {
	return text.replace(/http:\/\/(127\.0\.0\.1|host\.docker\.internal):8080/, server.url).replace('dgm-…', server.key)
}

test('every page has a client, and every client a row of clients.md', async () => {
	const files = [...new Glob('*.md').scanSync(join(root, 'docs', 'clients'))].sort()
	expect(files).toEqual(Object.keys(pages).sort())
	const index = await page('clients.md')
	for (const file of files) expect(index).toContain(`](clients/${file})`)
})

for (const [name, { api, targets }] of Object.entries(pages))
	describe(name, async () => {
		const blocks = blocksOf(await page(`clients/${name}`))

		test('every block can be read', async () => {
			for (const block of blocks) {
				if (block.language === 'sh') await checkShell(block.text)
				else expect(typeof readBlock(block)).toBe('object')
			}
		})

		test('its configuration leads to an answer', async () => {
			for (const { url, key, model } of targets(blocks)) {
				const response = await fetch(translate(url), {
					method: 'POST',
					headers: { authorization: `Bearer ${translate(key)}`, 'content-type': 'application/json' },
					body: JSON.stringify(requests[api](model)),
				})
				expect([url, response.status]).toEqual([url, 200])
				const text = await response.text()
				expect(text).toContain('look')
				expect(text).toContain(ends[api])
			}
		})
	})

test('clients.md: the command lists the models', async () => {
	const [command] = blocksOf(await page('clients.md'))
	const argv = ['bash', '-c', translate(command?.text ?? '').replace('curl', 'curl -sf')]
	const { status, stdout } = await runProcess(argv, { env: { ...process.env, KEY: server.key } })
	expect(status).toBe(0)
	expect(listAt(JSON.parse(stdout), 'data').map((model) => textAt(model, 'id'))).toEqual(['smollm2-135m'])
})

describe('the pages of coding agents and dragoman launch agree', () => {
	const model = { id: 'qwen3', contextTokens: 32_768 }
	const target = { url: 'http://127.0.0.1:8080', key: 'dgm-…', model, models: [model] }

	test('codex', async () => {
		const [file] = blocksOf(await page('clients/codex.md'))
		const { args, environment } = codingAgents.codex.start(target)
		const settings = Bun.TOML.parse(args.filter((_, index) => args[index - 1] === '-c').join('\n'))
		expect(readBlock(file)).toEqual(settings)
		expect(Object.keys(environment)).toEqual([textAt(settings, 'model_providers', 'dragoman', 'env_key')])
	})

	test('claude', async () => {
		const [commands, file] = blocksOf(await page('clients/claude-code.md'))
		const {
			ANTHROPIC_SMALL_FAST_MODEL: _,
			ANTHROPIC_API_KEY: removed,
			...variables
		} = codingAgents.claude.start(target).environment
		expect(removed).toBeUndefined()
		expect(commands?.text).toContain('unset ANTHROPIC_API_KEY')
		expect(at(readBlock(file), 'env')).toEqual(variables)
		expect(readBlock(commands)).toEqual(variables)
	})
})
