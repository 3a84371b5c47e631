// A field, event or content part that is added to the canonical model does not compile until every reader, writer and
// fold handles it. The test adds some in a copy of the source and reads the compiler's errors.

import { expect, test } from 'bun:test'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Glob } from 'bun'

const root = join(import.meta.dir, '..', '..')

/** What is added: in which file, after or in place of which text, and which files must then not compile. */
interface Addition {
	readonly file: string
	readonly text: string
	readonly changed: string
	/** In the error messages, if the compiler names it. */
	readonly name?: string
	readonly files: readonly string[]
}

const requestWriters = [
	'wire/openai/chat-request-writer.ts',
	'wire/anthropic/message-request-writer.ts',
	'wire/gemini/generation-request-writer.ts',
	'engines/ai-sdk/call-writer.ts',
	'engines/echo/echo-fates.ts',
	'embedded/runtime/chat-runner.ts',
]
const contentWriters = [
	'wire/openai/chat-content-fates.ts',
	'wire/anthropic/message-content-fates.ts',
	'wire/gemini/generation-content-fates.ts',
	'engines/ai-sdk/call-content-fates.ts',
	'engines/echo/echo-content-fates.ts',
	'embedded/runtime/embedded-content-fates.ts',
]
const messageWriters = [
	'wire/openai/chat-messages-writer.ts',
	'wire/openai/responses/item-writer.ts',
	'wire/anthropic/message-turns-writer.ts',
	'wire/gemini/contents-writer.ts',
	'engines/ai-sdk/prompt-writer.ts',
	'embedded/runtime/conversation.ts',
]
/** Writers of the parts of users and tools. */
const partWriters = ['wire/openai/content-parts-writer.ts', ...messageWriters.slice(1)]
/** It writes the assistant's parts by `answer-items.ts`. */
const writesAnswerItems = ['wire/openai/responses/item-writer.ts']
const streamWriters = [
	'wire/openai/chat-chunk-writer.ts',
	'wire/openai/responses/event-writer.ts',
	'wire/anthropic/message-event-writer.ts',
	'dialects/aleph-alpha/chat-writer.ts',
]
/** Writers of formats that have neither images nor items. */
const onlyTextAndCalls = ['dialects/aleph-alpha/chat-writer.ts']
const requestReaders = [
	'wire/openai/chat-request-reader.ts',
	'wire/openai/plain-chat-request.ts',
	'wire/anthropic/message-request-reader.ts',
	'dialects/egp/chat-request.ts',
]

const additions: Readonly<Record<string, Addition>> = {
	'an optional field of a request': {
		file: 'chat/request.ts',
		text: 'export interface ChatRequest {',
		changed: 'export interface ChatRequest {\n\treadonly trialField?: string',
		name: 'trialField',
		files: [...requestWriters, ...requestReaders, 'wire/openai/responses/request-reader.ts', 'chat/request-fates.ts'],
	},
	'an optional sampling parameter': {
		file: 'chat/request.ts',
		text: 'export interface Sampling {',
		changed: 'export interface Sampling {\n\treadonly trialParameter?: number',
		name: 'trialParameter',
		files: [
			...requestWriters,
			...requestReaders,
			'wire/openai/responses/request-reader.ts',
			'dialects/aleph-alpha/complete.ts',
			'wire/openai/text-completion-request-writer.ts',
			'embedded/runtime/completion-runner.ts',
			'chat/request-fates.ts',
		],
	},
	'an event': {
		file: 'chat/event.ts',
		text: '\t| RestEvent',
		changed: "\t| RestEvent\n\t| { readonly type: 'trial-event'; readonly choice: number; readonly url: string }",
		name: 'trial-event',
		files: [
			'chat/completion-fold.ts',
			'chat/event-rules.testing.ts',
			'pipeline/answer-recorder.ts',
			'wire/openai/text-completion-writer.ts',
			'dialects/aleph-alpha/complete.ts',
			'dialects/egp/envelope-writer.ts',
			...streamWriters,
		],
	},
	'a part that arrives in pieces': {
		file: 'chat/event.ts',
		text: "\treadonly type: 'text' | 'reasoning' | 'refusal'",
		changed: "\treadonly type: 'text' | 'reasoning' | 'refusal' | 'trial-text'",
		name: 'trial-text',
		files: ['chat/part-sequencer.ts', ...streamWriters],
	},
	'a part that arrives in one piece': {
		file: 'chat/event.ts',
		text: 'export type StartedPart =',
		changed: "export type StartedPart = { readonly type: 'trial-image'; readonly data: string } |",
		name: 'trial-image',
		files: [
			'chat/completion-fold.ts',
			'chat/part-sequencer.ts',
			...streamWriters.filter((file) => !onlyTextAndCalls.includes(file)),
		],
	},
	'a part of the assistant': {
		file: 'chat/message.ts',
		text: 'export type AssistantPart =',
		changed: "export type AssistantPart = { readonly type: 'trial-thought'; readonly data: string } |",
		name: 'trial-thought',
		files: [
			'chat/completion-events.ts',
			'chat/destination.ts',
			'conversations/fit.ts',
			'dialects/unsupported-parts.ts',
			'engines/echo/echo-fates.ts',
			'embedded/runtime/assistant-message-writer.ts',
			'tokens/tokens.ts',
			'wire/anthropic/content-block-writer.ts',
			'wire/openai/responses/answer-items.ts',
			...messageWriters.filter((file) => !writesAnswerItems.includes(file)),
		],
	},
	'a part of the user': {
		file: 'chat/message.ts',
		text: 'export type UserPart =',
		changed: "export type UserPart = { readonly type: 'trial-part'; readonly data: string } |",
		name: 'trial-part',
		files: ['conversations/fit.ts', 'engines/echo/echo-fates.ts', 'tokens/tokens.ts', ...partWriters],
	},
	'a part of the result of a tool': {
		file: 'chat/message.ts',
		text: 'export type ToolPart =',
		changed: "export type ToolPart = { readonly type: 'trial-result'; readonly data: string } |",
		name: 'trial-result',
		files: ['conversations/fit.ts', 'engines/echo/echo-fates.ts', 'tokens/tokens.ts', ...partWriters],
	},
	'an optional field of a part': {
		file: 'chat/message.ts',
		text: 'export interface ReasoningPart {',
		changed: 'export interface ReasoningPart {\n\treadonly trialDetail?: string',
		name: 'trialDetail',
		files: ['chat/completion-fold.ts', 'chat/content-fates.ts', 'chat/part-samples.testing.ts', ...contentWriters],
	},
	'an optional field of a message': {
		file: 'chat/message.ts',
		text: 'export interface ToolMessage {',
		changed: 'export interface ToolMessage {\n\treadonly trialResult?: string',
		name: 'trialResult',
		files: ['chat/content-fates.ts', ...contentWriters],
	},
	'an optional field of a tool': {
		file: 'chat/tool.ts',
		text: 'export interface FunctionTool {',
		changed: 'export interface FunctionTool {\n\treadonly trialCaller?: string',
		name: 'trialCaller',
		files: ['chat/content-fates.ts', ...contentWriters],
	},
	'an optional field of a choice': {
		file: 'chat/completion.ts',
		text: 'export interface Choice {',
		changed: 'export interface Choice {\n\treadonly trialScore?: number',
		name: 'trialScore',
		files: ['chat/completion-fold.ts'],
	},
	'a kind of error': {
		file: 'chat/error.ts',
		text: "\t'internal',",
		changed: "\t'internal',\n\t'trial-error',",
		name: 'trial-error',
		files: [
			'wire/openai/error-writer.ts',
			'wire/openai/responses/response-writer.ts',
			'wire/anthropic/error-writer.ts',
			'dialects/albert/errors.ts',
			'dialects/opengatellm/errors.ts',
			'dialects/egp/error-writer.ts',
			'dialects/aleph-alpha/error-writer.ts',
		],
	},
}

interface CompilerError {
	readonly file: string
	readonly message: string
}

/** The compiler's errors in a copy of the source, without tests, to which `added` was added. */
async function compile(added: readonly Addition[]): Promise<readonly CompilerError[]> {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-exhaustive-'))
	try {
		await cp(join(root, 'src'), join(folder, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
		await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
		for (const { file, text, changed } of added) {
			const path = join(folder, 'src', file)
			const source = await Bun.file(path).text()
			expect(source).toContain(text)
			await Bun.write(path, source.replace(text, changed))
		}
		const include = ['chat', 'wire', 'engines', 'dialects', 'embedded', 'pipeline', 'conversations', 'tokens'].map(
			(name) => `src/${name}`,
		)
		const { compilerOptions } = await Bun.file(join(root, 'tsconfig.json')).json()
		await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
		const compiler = Bun.spawn(
			[process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--pretty', 'false'],
			{
				cwd: folder,
				stdout: 'pipe',
			},
		)
		const output = await new Response(compiler.stdout).text()
		return [...output.matchAll(/^src\/(.*?)\(\d+,\d+\): error ((?:.|\n {2})*)/gm)].map(
			([, file = '', message = '']) => ({
				file,
				message,
			}),
		)
	} finally {
		await rm(folder, { recursive: true, force: true })
	}
}

test('every table of fates is in the list of writers', async () => {
	const found: string[] = []
	for await (const file of new Glob('**/*.ts').scan(join(root, 'src')))
		if (/satisfies RequestFates/.test(await Bun.file(join(root, 'src', file)).text())) found.push(file)
	const own = relative(join(root, 'src'), import.meta.path)
	expect(found.filter((file) => file !== own).sort()).toEqual([...requestWriters].sort())
})

test('every writer with a table of fates for requests has one for messages, parts and tools', async () => {
	const found: string[] = []
	for await (const file of new Glob('**/*.ts').scan(join(root, 'src')))
		if (/satisfies ContentFates/.test(await Bun.file(join(root, 'src', file)).text())) found.push(file)
	const own = relative(join(root, 'src'), import.meta.path)
	expect(found.filter((file) => file !== own).sort()).toEqual([...contentWriters].sort())
	expect(contentWriters.map(dirname).sort()).toEqual(requestWriters.map(dirname).sort())
})

test('every reader builds EveryField<ChatRequest>, so that it does not compile without a new field', async () => {
	const lenient: string[] = []
	for (const folder of ['wire', 'dialects'])
		for await (const file of new Glob(`${folder}/**/*.ts`).scan(join(root, 'src'))) {
			if (/\.(test|testing|contract)\.ts$/.test(file)) continue
			const source = await Bun.file(join(root, 'src', file)).text()
			if (/\bsampling: \{\}|: ChatRequest = \{/.test(source) && !source.includes('EveryField<ChatRequest>'))
				lenient.push(file)
		}
	expect(lenient).toEqual([])
})

test('every table that drops a field is passed to dropReporter() in its file', async () => {
	const silent: string[] = []
	for (const file of requestWriters) {
		const source = await Bun.file(join(root, 'src', file)).text()
		if (source.includes("'dropped'") && !source.includes('dropReporter(')) silent.push(file)
	}
	expect(silent).toEqual([])
})

test('every engine has a table of fates, in its folder or in that of its wire', async () => {
	const wires: Readonly<Record<string, string>> = { 'openai-compatible': 'wire/openai', llama: 'embedded/runtime' }
	const without: string[] = []
	for await (const file of new Glob('engines/*/kind.ts').scan(join(root, 'src'))) {
		const [, engine = ''] = file.split('/')
		const folders = [`engines/${engine}/`, `${wires[engine] ?? `wire/${engine}`}/`]
		if (!requestWriters.some((writer) => folders.some((folder) => writer.startsWith(folder)))) without.push(engine)
	}
	expect(without).toEqual([])
})

test('additions to the canonical model do not compile until everything that reads or writes it handles them', async () => {
	const errors = await compile(Object.values(additions))
	const silent = Object.entries(additions).flatMap(([title, { name = '', files }]) =>
		files
			.filter((file) => !errors.some((one) => one.file === file && one.message.includes(name)))
			.map((file) => `${title}: ${file}`),
	)
	expect(silent).toEqual([])
}, 180_000)
