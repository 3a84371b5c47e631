// The code view: every program runs against a real server, and what it says about a dialect is what the dialect does.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { root, startServer, type TestServer } from '../test/server.ts'
import { type CodeDialect, codeDialects, codeFeatures, dialectForms } from './code/code-dialects.ts'
import { type CodeRequest, readCodeRequest, withoutDefaults } from './code/code-request.ts'
import { listCarried } from './code/fidelity.ts'
import { type CodeLanguage, codeLanguages, keyPlaceholder, writeSnippet } from './code/snippets.ts'

const question = `It's "quoted" \\n \\ $HOME \`date\` \${x} {y} é 😀\nJSON\n'''"""\nlast`
const picture = 'data:image/png;base64,iVBORw0KGgo='

/** With everything that the page can send, except tools and a schema. */
const plain: CodeRequest = {
	model: 'echo',
	stream: false,
	instructions: 'Be brief, "please".',
	messages: [
		{ role: 'user', texts: ['First'], images: [picture] },
		{ role: 'assistant', texts: ['An answer'], images: [] },
		{ role: 'user', texts: [question], images: [] },
	],
	temperature: 1.2,
	topP: 0.9,
	maxOutputTokens: 2000,
	effort: 'low',
	tools: [],
}
const schema = {
	type: 'object',
	properties: { city: { type: 'string', enum: ['Paris'] }, warm: { type: 'boolean' } },
	required: ['city'],
	additionalProperties: false,
}
const tool = { name: 'look', description: 'Looks.', parameters: schema }
const structured: CodeRequest = { ...plain, tools: [tool], schema: { name: 'answer', schema, strict: false } }

const python = process.env.DRAGOMAN_TEST_PYTHON ?? ''

let server: TestServer
beforeAll(async () => {
	server = await startServer()
}, 60_000)
afterAll(() => server.stop())

const expected = (dialect: CodeDialect, request: CodeRequest): string =>
	request === called
		? 'It is sunny.'
		: request.schema !== undefined && dialectForms[dialect].fields.schema !== undefined
			? '{"city":"Paris"}'
			: question

const write = (dialect: CodeDialect, language: CodeLanguage, request: CodeRequest): string =>
	writeSnippet(dialect, language, request, `${server.url}/`).code.replaceAll(keyPlaceholder, server.key)

async function run(command: readonly string[], input = ''): Promise<string> {
	const child = Bun.spawn([...command], { cwd: root, stdin: Buffer.from(input), stdout: 'pipe', stderr: 'pipe' })
	const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
	if ((await child.exited) !== 0) throw new Error(errors)
	return output.trim()
}

/** After calls of a tool and their results; the echo engine returns the newest result. */
const called: CodeRequest = {
	...plain,
	tools: [tool],
	messages: [
		{ role: 'user', texts: ['Look'], images: [] },
		{
			role: 'assistant',
			texts: [],
			images: [],
			calls: [{ id: 'call_1', name: 'look', arguments: '{"city":"Paris"}' }],
		},
		{ role: 'user', texts: [], images: [], results: [{ callId: 'call_1', name: 'look', output: 'It is sunny.' }] },
	],
}

const requests = [plain, { ...plain, stream: true }, structured, { ...structured, stream: true }, called]

describe.each([...codeDialects])('%s', (dialect) => {
	test('curl', async () => {
		const { event, response } = dialectForms[dialect].text
		for (const request of requests) {
			const output = await run([
				'bash',
				'-ceu',
				write(dialect, 'curl', request).replace('curl ', 'curl -sS --fail-with-body '),
			])
			const text = request.stream
				? output.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
				: [JSON.parse(output)]
			const found = text.map((value) =>
				dialect === 'responses' && !request.stream
					? value.output[0].content[0].text
					: dialect === 'responses' && value.type !== 'response.output_text.delta'
						? ''
						: (at(value, request.stream ? event : response) ?? ''),
			)
			expect(found.join('')).toBe(expected(dialect, request))
		}
	}, 60_000)

	test('TypeScript', async () => {
		for (const request of requests)
			expect(await run([process.execPath, '-e', write(dialect, 'typescript', request)])).toBe(
				expected(dialect, request),
			)
	}, 60_000)

	test('carries what docs/fidelity.md states', () => {
		const { body } = dialectForms[dialect]
		const without: CodeRequest = {
			model: 'echo',
			stream: false,
			tools: [],
			messages: [{ role: 'user', texts: ['a'], images: [] }],
		}
		const withFeature: Readonly<Record<(typeof codeFeatures)[number], Partial<CodeRequest>>> = {
			instructions: { instructions: 'x' },
			images: { messages: [{ role: 'user', texts: ['a'], images: [picture] }] },
			temperature: { temperature: 0.5 },
			topP: { topP: 0.5 },
			maxOutputTokens: { maxOutputTokens: 20 },
			effort: { effort: 'low' },
			tools: { tools: [tool] },
			schema: { schema: { name: 'answer', schema, strict: false } },
		}
		const carried = new Map(listCarried(dialect).map(({ feature, carried }) => [feature, carried.type !== 'none']))
		for (const feature of codeFeatures) {
			const changes = !Bun.deepEquals(body({ ...without, ...withFeature[feature] }), body(without))
			expect([feature, changes]).toEqual([feature, carried.get(feature) ?? false])
			expect([feature, dialectForms[dialect].fields[feature] !== undefined]).toEqual([feature, changes])
		}
	})
})

const runner = `import contextlib, io, json, sys
results = []
for code in json.load(sys.stdin):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "snippet", "exec"), {})
    results.append(output.getvalue())
json.dump(results, sys.stdout)`

test.skipIf(python === '')(
	'Python',
	async () => {
		const cases = codeDialects.flatMap((dialect) => requests.map((request) => ({ dialect, request })))
		const programs = cases.map(({ dialect, request }) => write(dialect, 'python', request))
		const outputs: readonly string[] = JSON.parse(await run([python, '-c', runner], JSON.stringify(programs)))
		for (const [index, { dialect, request }] of cases.entries())
			expect([dialect, outputs[index]?.trim()]).toEqual([dialect, expected(dialect, request)])
	},
	120_000,
)

test('no program has a real key, and each names what to install', () => {
	for (const dialect of codeDialects)
		for (const language of codeLanguages) {
			const { code, install } = writeSnippet(dialect, language, plain, 'https://chat.example/')
			expect(code).toContain(keyPlaceholder)
			expect(code).toContain(`https://chat.example/${dialectForms[dialect].base}`)
			expect(install !== undefined).toBe(
				/^(import|from) (?!json|requests)/m.test(code) || code.includes('import requests'),
			)
		}
})

test('the request of a stored answer is read without the defaults of the API', async () => {
	const sent = {
		instructions: 'Be brief.',
		temperature: 0.3,
		reasoning: { effort: 'low' },
		tools: [{ type: 'function', ...tool }],
	}
	const response = await server.call('/openai/v1/responses', { model: 'echo', input: 'Hello', ...sent })
	const fields = withoutDefaults(await response.json())
	expect(readCodeRequest([], fields, false)).toMatchObject({
		instructions: 'Be brief.',
		temperature: 0.3,
		effort: 'low',
		tools: [tool],
		topP: undefined,
		schema: undefined,
	})
})

function at(value: unknown, path: readonly (string | number)[]): unknown {
	return path.reduce<unknown>(
		(inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
		value,
	)
}
