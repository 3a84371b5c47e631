// `dragoman chat` on a pseudo-terminal, with a server of ours.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, startServer, type TestServer, temporaryFolder } from './server.ts'
import { onTerminal } from './terminal-process.testing.ts'

let server: TestServer
const hostile = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch: () => {
		const chunk = { choices: [{ index: 0, delta: { content: '\u001b]0;title\u0007x' }, finish_reason: 'stop' }] }
		return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, {
			headers: { 'content-type': 'text/event-stream' },
		})
	},
})
const config = `
models:
  echo: { route: [echo] }
  second: { route: [echo] }
  vectors: { type: text-embeddings-inference, route: [echo] }
  hostile: { route: [hostile] }
upstreams:
  echo: { engine: echo }
  hostile: { engine: openai-compatible, url: "http://127.0.0.1:${hostile.port}/v1" }
`

beforeAll(async () => {
	server = await startServer({ config })
})
afterAll(async () => {
	await server.stop()
	await hostile.stop(true)
})

function chat(...args: readonly string[]) {
	return onTerminal(['chat', ...args], { DRAGOMAN_URL: server.url, DRAGOMAN_API_KEY: server.key })
}

async function exported(conversation: string) {
	const response = await server.call(`/openai/v1/conversations/${conversation}/export`)
	const { messages } = (await response.json()) as {
		messages: { message: { role: string; content: { text?: string }[] } }[]
	}
	return messages.map(({ message: { role, content } }) => [role, content.map(({ text }) => text).join('')])
}

const idIn = (text: string) => /conv_\w+/.exec(text)?.[0] ?? ''

test('answers are streamed, the server stores the conversation, and it can be continued', async () => {
	const first = chat()
	await first.find('echo at http')
	await first.find('> ')
	first.type('My name is Ada.\r')
	await first.find('My name is Ada.\n')
	await first.find('My name is Ada.\n> ')
	first.type('/exit\r')
	const id = idIn(await first.find(/dragoman chat echo --conversation conv_\w+/))
	expect(await first.exited).toBe(0)
	const next = chat('--conversation', id)
	await next.find('> ')
	next.type('Again\r')
	await next.find('Again\nAgain\n')
	next.type('\u0004')
	expect(await next.exited).toBe(0)
	expect(await exported(id)).toEqual([
		['user', 'My name is Ada.'],
		['assistant', 'My name is Ada.'],
		['user', 'Again'],
		['assistant', 'Again'],
	])
})

test('messages of several lines: marked, continued, or pasted', async () => {
	const one = chat()
	await one.find('> ')
	one.type('"""\r')
	await one.find('... ')
	one.type('/first\r')
	await one.find('... ')
	one.type('second"""\r')
	await one.find('/first\nsecond\n')
	await one.find('> ')
	one.type('third\\\r')
	await one.find('... ')
	one.type('fourth\r')
	await one.find('third\nfourth\n')
	await one.find('> ')
	one.type('fifth\rsixth\r')
	await one.find('fifth\nsixth\n')
	await one.find('> ')
	one.type('/exit\r')
	const id = idIn(await one.find(/--conversation conv_\w+/))
	await one.exited
	expect((await exported(id)).filter(([role]) => role === 'user').map(([, text]) => text)).toEqual([
		'/first\nsecond',
		'third\nfourth',
		'fifth\nsixth',
	])
})

test('Ctrl-C stops an answer, discards a line, and leaves if pressed twice', async () => {
	const one = chat()
	await one.find('> ')
	one.type('echo:delay 50 one two three four five six seven eight nine ten eleven twelve\r')
	await one.find('\none two')
	one.type('\u0003')
	await one.find('(stopped)')
	await one.find('> ')
	expect(one.printed).not.toContain('\none two three four five six seven eight nine ten eleven twelve\n')
	one.type('discarded')
	await one.find('discarded')
	one.type('\u0003')
	await one.find('> ')
	one.type('next\r')
	await one.find('next\nnext\n')
	await one.find('> ')
	one.type('\u0003')
	await one.find('Press Ctrl-C again to leave.')
	one.type('\u0003')
	const id = idIn(await one.find(/--conversation conv_\w+/))
	expect(await one.exited).toBe(0)
	const texts = (await exported(id)).map(([, text]) => text)
	expect(texts).toContain('next')
	expect(texts).not.toContain('discarded')
})

test('commands: help, models, system message, a new conversation, a mistake', async () => {
	const one = chat('second', '--system', 'Be brief.')
	await one.find('second at http')
	await one.find('> ')
	one.type('/help\r')
	for (const name of ['/new', '/model', '/system', '/save', '/help', '/exit', '"""']) await one.find(name)
	one.type('/model\r')
	await one.find('  echo\n* second\n  hostile\n')
	one.type('/model ecko\r')
	await one.find("Did you mean 'echo'?")
	one.type('/model echo\r')
	await one.find('The model is echo.')
	one.type('/system\r')
	await one.find('System: Be brief.')
	one.type('/modle\r')
	await one.find('There is no command /modle (did you mean /model?)')
	one.type('first\r')
	await one.find('first\nfirst\n> ')
	one.type('/system Be long.\r')
	await one.find('A new conversation.')
	one.type('second\r')
	await one.find('second\nsecond\n> ')
	one.type('/exit\r')
	const id = idIn(await one.find(/--conversation conv_\w+/))
	await one.exited
	expect(await exported(id)).toEqual([
		['system', 'Be long.'],
		['user', 'second'],
		['assistant', 'second'],
	])
})

test('/save writes Markdown or JSON, and replaces no file', async () => {
	const folder = await temporaryFolder()
	const existing = join(folder, 'existing.md')
	await writeFile(existing, 'mine')
	const one = chat()
	await one.find('> ')
	one.type(`/save ${join(folder, 'early.md')}\r`)
	await one.find('There is nothing to save yet.')
	one.type('A question\r')
	await one.find('A question\nA question\n> ')
	one.type(`/save ${join(folder, 'a.md')}\r`)
	await one.find('Saved ')
	one.type(`/save ${join(folder, 'a.json')}\r`)
	await one.find('Saved ')
	one.type(`/save ${existing}\r`)
	await one.find('exists already')
	one.type(`/save ${join(folder, 'missing', 'a.md')}\r`)
	await one.find('Not saved: ')
	one.type('/save\r')
	await one.find('Name a file')
	one.type('/exit\r')
	await one.exited
	expect(await Bun.file(join(folder, 'a.md')).text()).toBe('## user\n\nA question\n\n## assistant\n\nA question\n')
	expect(await Bun.file(join(folder, 'a.json')).json()).toMatchObject({
		messages: [{ message: { role: 'user' } }, { message: { role: 'assistant' } }],
	})
	expect(await Bun.file(existing).text()).toBe('mine')
})

test('a failed call is one line, and the chat continues', async () => {
	const one = chat()
	await one.find('> ')
	one.type('echo:error overloaded\r')
	await one.find(/\n[A-Z][^\n]*\.\n> /)
	one.type('still here\r')
	await one.find('still here\nstill here\n')
	expect(one.printed).not.toContain('    at ')
	one.type('/exit\r')
	await one.exited
})

test('control sequences in an answer are shown, not obeyed', async () => {
	const one = chat('hostile')
	await one.find('> ')
	one.type('hi\n')
	await one.find('\\u001b]0;title\\u0007x')
	one.type('/exit\n')
	await one.exited
	expect(one.raw).not.toContain('\u001b]0;title')
})

test('without a terminal it names the command for scripts', async () => {
	const { status, stderr } = await runCommand(['chat'], { DRAGOMAN_URL: server.url, DRAGOMAN_API_KEY: server.key })
	expect([status, stderr]).toEqual([
		2,
		'`chat` needs a terminal. In scripts and pipes, use `dragoman run MODEL "QUESTION"`.\n',
	])
})

test('mistakes are one line: an unknown model, an unknown conversation', async () => {
	const model = chat('nope')
	expect(await model.exited).toBe(1)
	expect(model.printed).toBe("The server has no chat model 'nope'. The models are: echo, second, hostile.\n")
	const conversation = chat('--conversation', 'conv_nope')
	expect(await conversation.exited).toBe(1)
	expect(conversation.printed.trimEnd().split('\n')).toHaveLength(1)
})
