// Writes a request as a program: curl, Python or TypeScript, with the official client of the dialect if it has one.

import { type CodeDialect, type DialectForm, dialectForms } from './code-dialects.ts'
import type { CodeRequest } from './code-request.ts'
import { type LiteralSyntax, pythonSyntax, typescriptSyntax, writeLiteral } from './literals.ts'

export const codeLanguages = ['curl', 'python', 'typescript'] as const
export type CodeLanguage = (typeof codeLanguages)[number]

/** Instead of a key. */
export const keyPlaceholder = 'dgm-…'

export interface Snippet {
	/** The command that installs what the code needs; undefined if nothing. */
	readonly install?: string | undefined
	readonly code: string
}

/** @param root the address of the server, with `/` at its end. */
export function writeSnippet(
	dialect: CodeDialect,
	language: CodeLanguage,
	request: CodeRequest,
	root: string,
): Snippet {
	const form = dialectForms[dialect]
	const program: Program = { form, request, base: `${root}${form.base}` }
	switch (language) {
		case 'curl':
			return { code: writeCurl(program) }
		case 'python':
			return pythonWriters[dialect](program)
		case 'typescript':
			return typescriptWriters[dialect](program)
	}
	language satisfies never
}

interface Program {
	readonly form: DialectForm
	readonly request: CodeRequest
	readonly base: string
}

/** The body comes from a here document: arguments of a command are limited to 128 KiB, and pictures are larger. */
function writeCurl({ form, request, base }: Program): string {
	const version =
		form.keyHeader.prefix === '' && form.path.endsWith('messages') ? ['anthropic-version: 2023-06-01'] : []
	const headers = [
		`${form.keyHeader.name}: ${form.keyHeader.prefix}${keyPlaceholder}`,
		...version,
		'Content-Type: application/json',
	]
	return [
		`curl ${request.stream ? '-N ' : ''}${base}/${form.path} \\`,
		...headers.map((header) => `  -H "${header}" \\`),
		"  --data-binary @- <<'JSON'",
		JSON.stringify(form.body(request), null, 2),
		'JSON',
	].join('\n')
}

const pythonWriters: Readonly<Record<CodeDialect, (program: Program) => Snippet>> = {
	openai: (program) => pythonOpenAI(program),
	responses: pythonResponses,
	anthropic: pythonAnthropic,
	albert: pythonRequests,
	opengatellm: (program) => pythonOpenAI(program),
	egp: pythonRequests,
	'aleph-alpha': (program) => pythonOpenAI(program),
}

function pythonOpenAI({ form, request, base }: Program): Snippet {
	const call = `client.chat.completions.create(\n${writeArguments(form.body(request))})`
	return {
		install: 'pip install openai',
		code: `${pythonOpenAIClient(base)}${
			request.stream
				? `for chunk in ${call}:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`
				: `completion = ${call}
print(completion.choices[0].message.content)`
		}`,
	}
}

const pythonOpenAIClient = (base: string) => `from openai import OpenAI

client = OpenAI(
    base_url="${base}",
    api_key="${keyPlaceholder}",  # a key of yours
)
`

function pythonResponses({ form, request, base }: Program): Snippet {
	const call = `client.responses.create(\n${writeArguments(form.body(request))})`
	return {
		install: 'pip install openai',
		code: `${pythonOpenAIClient(base)}${
			request.stream
				? `for event in ${call}:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)`
				: `response = ${call}
print(response.output_text)`
		}`,
	}
}

/** Fields of Anthropic's API that its newest clients do not have: models of other makers use them. */
const absentInClients: readonly string[] = ['temperature', 'top_p']

function pythonAnthropic({ form, request, base }: Program): Snippet {
	const { stream: _, ...fields } = form.body(request)
	const extra = Object.entries(fields).filter(([name]) => absentInClients.includes(name))
	const body = {
		...Object.fromEntries(Object.entries(fields).filter(([name]) => !absentInClients.includes(name))),
		...(extra.length === 0 ? {} : { extra_body: Object.fromEntries(extra) }),
	}
	return {
		install: 'pip install anthropic',
		code: `from anthropic import Anthropic

client = Anthropic(
    base_url="${base}",
    api_key="${keyPlaceholder}",  # a key of yours
)
${
	request.stream
		? `with client.messages.stream(
${writeArguments(body)}) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)`
		: `message = client.messages.create(
${writeArguments(body)})
for block in message.content:
    if block.type == "text":
        print(block.text)`
}`,
	}
}

function pythonRequests({ form, request, base }: Program): Snippet {
	const { name, prefix } = form.keyHeader
	const index = (path: readonly (string | number)[]) => path.map((key) => `[${JSON.stringify(key)}]`).join('')
	const read = request.stream
		? `for line in response.iter_lines():
    if line.startswith(b"data: {"):
        event = json.loads(line[6:])
        print(${pythonEvent(form)} or "", end="", flush=True)`
		: `print(response.json()${index(form.text.response)})`
	return {
		install: 'pip install requests',
		code: `${request.stream ? 'import json\n\n' : ''}import requests

response = requests.post(
    "${base}/${form.path}",
    headers={"${name}": "${prefix}${keyPlaceholder}"},  # a key of yours
    json=${writeLiteral(form.body(request), pythonSyntax, 1)},
    stream=${request.stream ? 'True' : 'False'},
)
response.raise_for_status()
${read}`,
	}
}

/** The text of an event; fields of an event without text may be absent. */
function pythonEvent({ text: { event } }: DialectForm): string {
	return event[0] === 'choices'
		? '(event["choices"] or [{"delta": {}}])[0]["delta"].get("content")'
		: `event${event.map((key) => `[${JSON.stringify(key)}]`).join('')}`
}

/** The fields of a body as arguments of a call. */
const writeArguments = (body: Readonly<Record<string, unknown>>): string =>
	Object.entries(body)
		.map(([name, value]) => `    ${name}=${writeLiteral(value, pythonSyntax, 1)},\n`)
		.join('')

const typescriptWriters: Readonly<Record<CodeDialect, (program: Program) => Snippet>> = {
	openai: typescriptOpenAI,
	responses: typescriptResponses,
	anthropic: typescriptAnthropic,
	albert: typescriptFetch,
	opengatellm: typescriptFetch,
	egp: typescriptFetch,
	'aleph-alpha': typescriptFetch,
}

const writeObject = (value: unknown, syntax: LiteralSyntax = typescriptSyntax): string => writeLiteral(value, syntax, 0)

const typescriptClient = (name: string, from: string, base: string) => `import ${name} from '${from}'

const client = new ${name}({
  baseURL: '${base}',
  apiKey: '${keyPlaceholder}', // a key of yours
})
`

function typescriptOpenAI({ form, request, base }: Program): Snippet {
	const body = writeObject(form.body(request))
	return {
		install: 'npm install openai',
		code: `${typescriptClient('OpenAI', 'openai', base)}${
			request.stream
				? `const stream = await client.chat.completions.create(${body})
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '')
}`
				: `const completion = await client.chat.completions.create(${body})
console.log(completion.choices[0]?.message.content)`
		}`,
	}
}

function typescriptResponses({ form, request, base }: Program): Snippet {
	const body = writeObject(form.body(request))
	return {
		install: 'npm install openai',
		code: `${typescriptClient('OpenAI', 'openai', base)}${
			request.stream
				? `const stream = await client.responses.create(${body})
for await (const event of stream) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta)
}`
				: `const response = await client.responses.create(${body})
console.log(response.output_text)`
		}`,
	}
}

function typescriptAnthropic({ form, request, base }: Program): Snippet {
	const { stream: _, ...body } = form.body(request)
	const isExtended = Object.keys(body).some((name) => absentInClients.includes(name))
	const type = `Anthropic.${request.stream ? 'MessageStreamParams' : 'MessageCreateParamsNonStreaming'}`
	const argument = `${writeObject(body)}${isExtended ? ` as ${type}` : ''}`
	return {
		install: 'npm install @anthropic-ai/sdk',
		code: `${typescriptClient('Anthropic', '@anthropic-ai/sdk', base)}${
			request.stream
				? `const stream = client.messages.stream(${argument})
stream.on('text', (text) => process.stdout.write(text))
await stream.done()`
				: `const message = await client.messages.create(${argument})
for (const block of message.content) {
  if (block.type === 'text') console.log(block.text)
}`
		}`,
	}
}

function typescriptFetch({ form, request, base }: Program): Snippet {
	const { name, prefix } = form.keyHeader
	const call = `const response = await fetch('${base}/${form.path}', {
  method: 'POST',
  headers: {
    '${name}': '${prefix}${keyPlaceholder}', // a key of yours
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${writeLiteral(form.body(request), typescriptSyntax, 1)}),
})
if (!response.ok) throw new Error(await response.text())
`
	const path = (keys: readonly (string | number)[]) =>
		keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
	if (!request.stream)
		return { code: `${call}const answer = await response.json()\nconsole.log(answer${path(form.text.response)})` }
	const event = `event${path(form.text.event).replace('[0]', '[0]?')}`
	return {
		code: `${call}let rest = ''
const decoder = new TextDecoder()
for await (const bytes of response.body ?? []) {
  const lines = (rest + decoder.decode(bytes, { stream: true })).split('\\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    if (!line.startsWith('data: {')) continue
    const event = JSON.parse(line.slice(6))
    process.stdout.write(${event} ?? '')
  }
}`,
	}
}
