// `dragoman config import litellm`: the translated file is valid, and nothing is left out in silence.

import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { runCommand, temporaryFolder } from './server.ts'

async function translate(yaml: string, environment: Readonly<Record<string, string>> = {}) {
	const folder = await temporaryFolder()
	const source = join(folder, 'litellm.yaml')
	await writeFile(source, yaml)
	const { status, stdout, stderr } = await runCommand(['config', 'import', 'litellm', source])
	expect([status, stderr]).toEqual([0, stderr])
	const file = join(folder, 'dragoman.yaml')
	await writeFile(file, stdout)
	const { config } = await loadConfig({ file, overrides: {}, environment })
	return { config, stdout, notes: stderr.split('\n').filter((line) => line !== '') }
}

// Shaped after https://docs.litellm.ai/docs/proxy/configs and docs/routing-load-balancing
const source = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/my-gpt, api_base: https://east.openai.azure.com/, api_key: os.environ/AZURE_KEY, rpm: 6 }
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, weight: 2 }
    model_info: { input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001, max_input_tokens: 128000 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/CLAUDE_KEY, timeout: 30 }
  - model_name: local
    litellm_params: { model: ollama_chat/llama3.2, api_base: http://gpu:11434 }
  - model_name: vllm
    litellm_params: { model: hosted_vllm/Qwen/Qwen3-8B, api_base: http://gpu:8000/v1, max_parallel_requests: 8 }
  - model_name: embed
    litellm_params: { model: openai/text-embedding-3-small, organization: org-1 }
    model_info: { mode: embedding }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
  - model_name: odd
    litellm_params: { model: sagemaker/x }
router_settings:
  routing_strategy: least-busy
  num_retries: 2
  model_group_alias: { gpt-4: gpt-4o }
  redis_host: localhost
litellm_settings:
  fallbacks: [{ claude: [gpt-4o] }]
  callbacks: [langfuse]
general_settings:
  master_key: os.environ/MASTER
  database_url: postgres://x
`

const environment = {
	AZURE_KEY: 'azure-key',
	OPENAI_API_KEY: 'openai-key',
	CLAUDE_KEY: 'claude-key',
	MASTER: 'a-master-key-of-20-chars',
}

test('models, routes, prices, aliases, retries and keys', async () => {
	const { config } = await translate(source, environment)
	expect(config.adminKey).toBe('a-master-key-of-20-chars')
	expect(config.models).toMatchObject({
		'gpt-4o': {
			policy: 'least-busy',
			aliases: ['gpt-4'],
			contextTokens: 128_000,
			price: { input: 2.5, output: 10, currency: 'USD' },
			retry: { attempts: 3 },
			route: ['azure-my-gpt', { upstream: 'openai-gpt-4o', weight: 2 }],
		},
		claude: {
			route: ['anthropic-claude-sonnet-4-5', 'azure-my-gpt', 'openai-gpt-4o'],
		},
		embed: { type: 'text-embeddings-inference' },
	})
	expect(config.upstreams).toMatchObject({
		'azure-my-gpt': {
			engine: 'openai-compatible',
			url: 'https://east.openai.azure.com/openai/v1',
			preset: 'azure',
			key: 'azure-key',
			model: 'my-gpt',
		},
		'openai-gpt-4o': { url: 'https://api.openai.com/v1', key: 'openai-key', model: 'gpt-4o' },
		'anthropic-claude-sonnet-4-5': { engine: 'anthropic', key: 'claude-key', timeouts: { totalMs: 30_000 } },
		'ollama-chat-llama3.2': { url: 'http://gpu:11434/v1', preset: 'ollama', model: 'llama3.2' },
		'hosted-vllm-qwen-qwen3-8b': {
			url: 'http://gpu:8000/v1',
			preset: 'vllm',
			model: 'Qwen/Qwen3-8B',
			concurrency: { limit: 8 },
		},
		'openai-text-embedding-3-small': { headers: { 'openai-organization': 'org-1' } },
	})
})

test('everything that is left out is named, with its place', async () => {
	const { notes } = await translate(source, environment)
	expect(notes.toSorted()).toEqual(
		[
			'model_list[0].litellm_params.rpm: not imported',
			'model_list[7]: not imported: the provider "sagemaker" is not known',
			'router_settings.redis_host: not imported',
			'litellm_settings.callbacks: not imported',
			'general_settings.database_url: not imported',
		].toSorted(),
	)
})

test('wildcards become families, which send the rest of the name', async () => {
	const { config, notes } = await translate(
		`
model_list:
  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }
  - { model_name: "gpt-*", litellm_params: { model: "openai/gpt-*" } }
  - { model_name: "*", litellm_params: { model: "hosted_vllm/*", api_base: "http://gpu:8000/v1" } }
  - { model_name: "claude-*", litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/CLAUDE_KEY } }
  - { model_name: "*-mini", litellm_params: { model: openai/gpt-4o-mini } }
  - { model_name: one, litellm_params: { model: "openai/*" } }
  - { model_name: "two-*", litellm_params: { model: "openai/*/*" } }
  - { model_name: "any-*", litellm_params: { model: "*" } }
`,
		environment,
	)
	const upstreamOf = (name: string) => config.upstreams[String(config.models[name]?.route[0])]
	expect(Object.keys(config.models)).toEqual(['openai/*', 'gpt-*', '*', 'claude-*'])
	expect(upstreamOf('openai/*')).toMatchObject({ url: 'https://api.openai.com/v1', model: '{rest}' })
	expect(upstreamOf('gpt-*')).toMatchObject({ url: 'https://api.openai.com/v1', model: 'gpt-{rest}' })
	expect(upstreamOf('*')).toMatchObject({ url: 'http://gpu:8000/v1', model: '{rest}' })
	expect(upstreamOf('claude-*')).toMatchObject({ engine: 'anthropic', model: 'claude-sonnet-4-5' })
	expect(Object.keys(config.upstreams)).toEqual(['openai', 'openai-gpt', 'hosted-vllm', 'anthropic-claude-sonnet-4-5'])
	expect(notes).toEqual([
		'model_list[4]: not imported: "*-mini": a `*` is permitted at the end only: it matches the rest of a name',
		'model_list[5]: not imported: the model "openai/*" is a pattern, and the name "one" is not',
		'model_list[6]: not imported: "openai/*/*" has several `*`',
		'model_list[7]: not imported: the model "*" names no provider',
	])
})

test('a key in the file is imported with a note that does not show it', async () => {
	const { config, notes } = await translate(
		'model_list: [{ model_name: m, litellm_params: { model: openai/x, api_base: "http://127.0.0.1:1/v1", api_key: sk-in-clear } }]',
	)
	expect(config.upstreams['openai-x']).toMatchObject({ key: 'sk-in-clear' })
	expect(notes).toEqual(['model_list[0].litellm_params.api_key: the key is in the file; move it to a variable'])
})

test('a master key that is too short for an admin key is left out', async () => {
	const { config, notes } = await translate(
		'model_list: [{ model_name: m, litellm_params: { model: openai/x, api_base: "http://127.0.0.1:1/v1" } }]\ngeneral_settings: { master_key: sk-1234 }',
	)
	expect(config.adminKey).toBeUndefined()
	expect(notes).toEqual([
		expect.stringMatching(
			/^general_settings\.master_key: not imported: it has 7 characters, and `adminKey` needs 16: /,
		),
	])
})

test('mistakes are one line', async () => {
	const folder = await temporaryFolder()
	const cases: readonly (readonly [string, string | undefined, RegExp])[] = [
		['missing.yaml', undefined, /^Not imported: the file .*missing\.yaml does not exist\.\n$/],
		['broken.yaml', 'a: [1\nkey: sk-secret', /is not YAML: /],
		['other.yaml', 'models: {}', /has no `model_list`/],
		['text.yaml', 'hello', /has no `model_list`/],
	]
	for (const [name, text, message] of cases) {
		const file = join(folder, name)
		if (text !== undefined) await writeFile(file, text)
		const { status, stdout, stderr } = await runCommand(['config', 'import', 'litellm', file])
		expect([name, status, stdout]).toEqual([name, 1, ''])
		expect(stderr).toMatch(message)
		expect(stderr).not.toContain('sk-secret')
		expect(stderr.trimEnd().split('\n')).toHaveLength(1)
	}
	expect((await runCommand(['config', 'import', 'nginx', 'x'])).status).toBe(2)
})
