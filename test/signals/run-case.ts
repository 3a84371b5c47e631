// One case of the matrix, from the start of the server to the end of its last process. Throws where something is not as it should be.

import { copiesMs } from '../../src/cli/stop.ts'
import { engineFolder } from '../engine.ts'
import { eventually } from '../faults/gateway.ts'
import type { SignalCase } from './cases.ts'
import { processes } from './processes.ts'
import { accepts, type StartedServer, startServer } from './started.ts'

/** How long the process that was started may take once the answer has ended. */
const endMs = 8000
const words = 20

const echoConfig = `
models: { echo: { route: [echo] } }
upstreams: { echo: { engine: echo } }
`
const embeddedConfig = `
engineFolder: ${engineFolder}
models: { tiny-chat: { route: [toy] } }
upstreams: { toy: { engine: llama, model: tiny-chat } }
`

/** What came of an answer. */
interface Fate {
	readonly whole: boolean
	readonly text: string
}

export async function runCase({ start, signal, to, answer, node }: SignalCase): Promise<void> {
	const server = await startServer({ start, node, config: answer === 'embedded' ? embeddedConfig : echoConfig })
	try {
		const fate = await beginAnswer(server, answer)
		const reach = to === 'main' ? 'main' : 'group'
		const heard = reach === 'group' || signal === 'SIGTERM' || !hasShellBetween(server)
		server.signal(signal, reach)
		if (to === 'twice') {
			await eventually('closed port', async () => !(await accepts(server.url)))
			await Bun.sleep(copiesMs)
			server.signal(signal, reach)
		}
		const secondAtMs = performance.now()
		const { whole, text } = await fate()
		if (to === 'twice') {
			if (whole) throw new Error(`the second signal did not cut the answer: ${text}`)
			const tookMs = performance.now() - secondAtMs
			if (tookMs > 1000) throw new Error(`the answer ended ${Math.round(tookMs)} ms after the second signal`)
		} else if (!whole) throw new Error(`the answer is not whole: ${text}\n${server.log()}`)
		// npm passes SIGINT on to the shell that it started alone, and that waits for its child. A SIGTERM ends both.
		if (!heard) server.signal('SIGTERM', 'main')
		await server.gone(endMs)
		const status = await server.exited
		const expected = statusOf(start, to)
		if (expected !== undefined && status !== expected) throw new Error(`exit status ${status}, not ${expected}`)
		if (/"level":50|Error:/.test(server.log())) throw new Error(`errors in the log: ${server.log()}`)
	} finally {
		await server.clear()
	}
}

/** npm has an exit status of its own, which says nothing of the server. */
function statusOf(start: SignalCase['start'], to: SignalCase['to']): number | undefined {
	if (start === 'npm start' || start === 'npx') return undefined
	return to === 'twice' ? 130 : 0
}

/** Whether a shell stands between npm and the server: some shells replace themselves by the one command that they run. */
function hasShellBetween({ pid }: StartedServer): boolean {
	return processes().some(({ parent, command }) => parent === pid && /^\S*sh -c /.test(command))
}

/** Resolves once the answer is on its way; the function that it resolves to waits for the end of it. */
async function beginAnswer(server: StartedServer, answer: SignalCase['answer']): Promise<() => Promise<Fate>> {
	switch (answer) {
		case 'stream':
			return beginStream(server, echo(true), '[DONE]')
		case 'embedded':
			return beginStream(server, embedded, '[DONE]')
		case 'unary': {
			const unary = readUnary(server.ask(echo(false)))
			// One has no sign of life before its end: a stream that is asked later shows that it was read.
			const marker = new AbortController()
			await firstToken(await server.ask(echo(true), marker.signal))
			marker.abort()
			return () => unary
		}
	}
}

const echo = (stream: boolean) => ({
	model: 'echo',
	stream,
	messages: [{ role: 'user', content: `echo:delay 100\n${'word '.repeat(words).trim()}` }],
})

/** The toy ends soon by itself; a schema makes it go on. */
const embedded = {
	model: 'tiny-chat',
	stream: true,
	n: 2,
	max_tokens: 480,
	messages: [{ role: 'user', content: 'Hi' }],
	response_format: {
		type: 'json_schema',
		json_schema: { name: 'long', schema: { type: 'string', minLength: 2000 } },
	},
}

async function beginStream(server: StartedServer, body: object, last: string): Promise<() => Promise<Fate>> {
	const rest = await firstToken(await server.ask(body))
	return async () => {
		const text = await rest()
		return { whole: text.trimEnd().endsWith(`data: ${last}`) && !text.includes('"error"'), text: text.slice(-500) }
	}
}

/** Resolves with the first content; the function that it resolves to reads the rest, and returns all of it. */
async function firstToken(response: Response): Promise<() => Promise<string>> {
	if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`)
	const reader = response.body?.getReader()
	if (reader === undefined) throw new Error('an answer without a body')
	const decoder = new TextDecoder()
	let text = ''
	const readOn = async () => {
		const { done, value } = await reader.read()
		text += decoder.decode(value, { stream: !done })
		return !done
	}
	while (!/"content":"[^"]/.test(text) && (await readOn()));
	return async () => {
		try {
			while (await readOn());
		} catch {
			// The connection was cut.
		}
		return text
	}
}

async function readUnary(asked: Promise<Response>): Promise<Fate> {
	try {
		const response = await asked
		const text = await response.text()
		return { whole: response.ok && text.split('word').length === words + 1, text }
	} catch (cause) {
		return { whole: false, text: String(cause) }
	}
}
