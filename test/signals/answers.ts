// Answers that take two or three seconds, so that something happens while they are on their way.

import { engineFolder } from '../engine.ts'
import type { SignalCase } from './cases.ts'
import type { StartedServer } from './started.ts'

const words = 20

export const echoConfig = `
limits: { shutdownMs: 60000 }
models: { echo: { route: [echo] } }
upstreams: { echo: { engine: echo } }
`
const embeddedConfig = `
limits: { shutdownMs: 60000 }
engineFolder: ${engineFolder}
models: { tiny-chat: { route: [toy] } }
upstreams: { toy: { engine: llama, model: tiny-chat } }
`

export const configs: Readonly<Record<SignalCase['answer'], string>> = {
	stream: echoConfig,
	unary: echoConfig,
	embedded: embeddedConfig,
}

/** The outcome of an answer. */
export interface Outcome {
	readonly complete: boolean
	readonly text: string
}

/**
 * An answer that will be cut is longer on engines whose speed depends on the machine. Resolves once it is on its way;
 * the function that it resolves to waits for the end of it.
 */
export async function beginAnswer(
	server: StartedServer,
	answer: SignalCase['answer'],
	isCut = false,
): Promise<() => Promise<Outcome>> {
	switch (answer) {
		case 'stream':
			return beginStream(server, echo(true), '[DONE]')
		case 'embedded':
			return beginStream(server, embedded(isCut ? 8 : 2), '[DONE]')
		case 'unary': {
			const unary = readUnary(server.send(echo(false)))
			// A unary answer sends nothing before its end: a stream that was requested later shows that the request was read.
			const marker = new AbortController()
			await firstToken(await server.send(echo(true), marker.signal))
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

/** The toy model ends soon by itself; a schema makes it continue. */
const embedded = (choices: number) => ({
	model: 'tiny-chat',
	stream: true,
	n: choices,
	max_tokens: 480,
	messages: [{ role: 'user', content: 'Hi' }],
	response_format: {
		type: 'json_schema',
		json_schema: { name: 'long', schema: { type: 'string', minLength: 2000 } },
	},
})

async function beginStream(server: StartedServer, body: object, last: string): Promise<() => Promise<Outcome>> {
	const rest = await firstToken(await server.send(body))
	return async () => {
		const text = await rest()
		return { complete: text.trimEnd().endsWith(`data: ${last}`) && !text.includes('"error"'), text: text.slice(-500) }
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

async function readUnary(pending: Promise<Response>): Promise<Outcome> {
	try {
		const response = await pending
		const text = await response.text()
		return { complete: response.ok && text.split('word').length === words + 1, text }
	} catch (cause) {
		return { complete: false, text: String(cause) }
	}
}
