// Compares every import under src/ with the table of DESIGN: who may import whom. Prints what breaks it and exits 1.

import { dirname, join, normalize, relative } from 'node:path'
import { Glob } from 'bun'

/** Each folder (or file) of src/ with the folders it may import from, beside itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
	chat: [],
	time: [],
	text: [],
	secrets: [],
	fields: ['secrets'],
	routing: ['chat', 'fields', 'time'],
	files: ['time'],
	'json-schema': ['chat'],
	http: ['chat', 'time'],
	embeddings: ['chat'],
	'text-completions': ['chat'],
	reranking: ['chat'],
	tokenization: ['chat'],
	transcription: ['chat'],
	keys: ['chat'],
	conversations: ['chat', 'keys'],
	streams: ['chat', 'http', 'keys', 'time'],
	tokens: ['chat'],
	ledger: ['chat', 'files', 'models', 'telemetry', 'time'],
	models: ['chat', 'files', 'http', 'secrets', 'text', 'time', 'tokens'],
	telemetry: ['chat', 'engines', 'fields', 'http', 'time'],
	wire: [
		'chat',
		'conversations',
		'embeddings',
		'reranking',
		'tokenization',
		'transcription',
		'ledger',
		'text-completions',
		'http',
		'json-schema',
		'models',
	],
	stores: ['chat', 'conversations', 'keys', 'ledger', 'files', 'secrets', 'time'],
	dialects: [
		'chat',
		'conversations',
		'embeddings',
		'reranking',
		'tokenization',
		'transcription',
		'text-completions',
		'http',
		'keys',
		'wire',
		'ledger',
		'models',
		'json-schema',
	],
	engines: [
		'chat',
		'fields',
		'embeddings',
		'reranking',
		'tokenization',
		'transcription',
		'text-completions',
		'http',
		'wire',
		'models',
		'json-schema',
		'secrets',
		'time',
		'telemetry',
		'text',
		'files',
	],
	pipeline: [
		'chat',
		'conversations',
		'embeddings',
		'text-completions',
		'http',
		'dialects',
		'engines',
		'keys',
		'ledger',
		'models',
		'routing',
		'streams',
		'telemetry',
		'text-completions',
		'time',
		'tokens',
	],
	config: [
		'dialects',
		'engines',
		'fields',
		'http',
		'models',
		'routing',
		'telemetry',
		'secrets',
		'text',
		'time',
		'tokens',
	],
	'deployment.ts': ['config', 'engines', 'models', 'pipeline', 'routing', 'telemetry', 'time'],
	'retention.ts': ['conversations', 'ledger', 'telemetry', 'time'],
	'gateway.ts': [
		'deployment.ts',
		'retention.ts',
		'config',
		'conversations',
		'dialects',
		'engines',
		'files',
		'http',
		'keys',
		'ledger',
		'models',
		'pipeline',
		'routing',
		'stores',
		'streams',
		'telemetry',
		'time',
	],
	cli: [
		'gateway.ts',
		'config',
		'dialects',
		'engines',
		'files',
		'http',
		'keys',
		'ledger',
		'models',
		'pipeline',
		'stores',
		'telemetry',
		'text',
		'time',
		'chat',
	],
	'main.ts': ['cli', 'config'],
}

/** Folders in which one member must not know another: `src/dialects/a` never imports `src/dialects/b`. */
const separate: readonly string[] = ['dialects']

const root = normalize(join(import.meta.dir, '..', 'src'))
const complaints: string[] = []
let imports = 0

for await (const file of new Glob('**/*.ts').scan(root)) {
	const from = place(file)
	const permitted = allowed[from]
	if (permitted === undefined) {
		complaints.push(`${file}: '${from}' is not in the table`)
		continue
	}
	const source = await Bun.file(join(root, file)).text()
	for (const [, path] of source.matchAll(
		/(?:^|\s)(?:import|export)\s[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g,
	)) {
		if (path === undefined) continue
		const target = relative(root, normalize(join(root, dirname(file), path)))
		if (target.startsWith('..')) continue
		imports++
		const to = place(target)
		if (to !== from && !permitted.includes(to))
			complaints.push(`${file} imports ${target}: ${from} must not know ${to}`)
		if (
			to === from &&
			separate.includes(from) &&
			member(file) !== member(target) &&
			member(file) !== undefined &&
			member(target) !== undefined
		)
			complaints.push(`${file} imports ${target}: members of ${from} must not know each other`)
	}
}

for (const complaint of complaints) console.error(complaint)
console.log(`${imports} imports follow the table, ${complaints.length} do not`)
if (complaints.length > 0) process.exit(1)

function place(file: string): string {
	return file.split('/')[0] ?? file
}

function member(file: string): string | undefined {
	const parts = file.split('/')
	return parts.length > 2 ? parts[1] : undefined
}
