// Concurrent clients of every kind, which record what they received: it must exist after a crash.

import type { TestServer } from '../server.ts'
import { answerTo, order } from './counting-upstream.ts'

/** One call, as its client saw it. */
export interface ClientCall {
	readonly kind: 'chat' | 'stream' | 'conversation' | 'response' | 'resumable'
	/** The prompt; its first word is unique. */
	readonly prompt: string
	/** The token of the answer's id, once received. */
	turn?: string
	/** The conversation of the turn. */
	conversation?: string
	/** Arrival time of each word, in milliseconds of the monotonic clock. */
	readonly words: number[]
	/** The received events of a resumable stream. */
	events: string
	/** The answer arrived completely. */
	acknowledged: boolean
	/** When the server was killed that answered it. */
	killedMs: number
}

export interface Load {
	readonly calls: readonly ClientCall[]
	/** Resolves when every client is at its end: after the server was killed, or `stop`. */
	readonly over: Promise<void>
	stop(): void
}

export function startLoad(server: TestServer, round: number, random: () => number): Load {
	const calls: ClientCall[] = []
	const stopping = new AbortController()
	let callCount = 0
	const next = (kind: ClientCall['kind']): ClientCall => {
		const most = kind === 'stream' || kind === 'resumable' ? 200 : 60
		const prompt = order(`r${round}c${callCount++}`, 1 + Math.floor(random() * most), Math.floor(random() * 10))
		const one: ClientCall = {
			kind,
			prompt,
			words: [],
			events: '',
			acknowledged: false,
			killedMs: Number.POSITIVE_INFINITY,
		}
		calls.push(one)
		return one
	}
	const clients = [
		...repeat(4, () => chat(server, next('chat'))),
		...repeat(6, () => streamChat(server, next('stream'), {})),
		...repeat(4, () => streamChat(server, next('resumable'), { 'x-dragoman-resumable': '1' })),
		...repeat(
			5,
			conversing(server, () => next('conversation'), random),
		),
		...repeat(
			3,
			responding(server, () => next('response')),
		),
	]
	const run = async (client: () => Promise<unknown>) => {
		try {
			while (!stopping.signal.aborted) await client()
		} catch {
			// The server was killed: what was received until then counts.
		}
	}
	return { calls, over: Promise.all(clients.map(run)).then(() => undefined), stop: () => stopping.abort() }
}

function repeat(count: number, client: () => Promise<unknown>): readonly (() => Promise<unknown>)[] {
	return Array.from({ length: count }, () => client)
}

async function chat(server: TestServer, calls: ClientCall, headers: Record<string, string> = {}): Promise<string> {
	const response = await server.call('/v1/chat/completions', bodyOf(calls, false), headers)
	noteHeaders(calls, response)
	const { id, choices } = JSON.parse(await response.text())
	calls.turn = id.slice('chatcmpl-'.length)
	expectAnswer(calls, choices[0].message.content)
	return calls.conversation ?? ''
}

async function streamChat(server: TestServer, calls: ClientCall, headers: Record<string, string>): Promise<string> {
	const response = await server.call('/v1/chat/completions', bodyOf(calls, true), headers)
	noteHeaders(calls, response)
	let text = ''
	for await (const event of eventsOf(response)) {
		calls.events += event
		const data = event.slice('data: '.length, -2)
		if (data === '[DONE]') {
			expectAnswer(calls, text)
			continue
		}
		const { id, choices, error } = JSON.parse(data)
		if (error !== undefined) throw new Error(error.message)
		calls.turn = id.slice('chatcmpl-'.length)
		const word: string = choices[0]?.delta.content ?? ''
		if (word !== '') calls.words.push(performance.now())
		text += word
	}
	return calls.conversation ?? ''
}

/** A conversation that continues for as long as the server runs, in unary answers and streams. */
function conversing(server: TestServer, next: () => ClientCall, random: () => number): () => Promise<unknown> {
	return async () => {
		let conversation = 'new'
		for (let turn = 0; turn < 20; turn++) {
			const headers = { 'x-dragoman-conversation': conversation }
			conversation = await (random() < 0.5 ? chat(server, next(), headers) : streamChat(server, next(), headers))
		}
	}
}

/** Responses, each of which continues the previous one. */
function responding(server: TestServer, next: () => ClientCall): () => Promise<unknown> {
	return async () => {
		let previous: string | undefined
		for (let turn = 0; turn < 20; turn++) {
			const calls = next()
			const body = {
				model: 'm',
				input: calls.prompt,
				...(previous === undefined ? {} : { previous_response_id: previous }),
			}
			const response = await server.call('/v1/responses', body)
			const { id, output } = JSON.parse(await response.text())
			calls.turn = id.slice('resp_'.length)
			previous = id
			expectAnswer(calls, output[0].content[0].text)
		}
	}
}

function bodyOf({ prompt }: ClientCall, stream: boolean) {
	return { model: 'm', stream, messages: [{ role: 'user', content: prompt }] }
}

function noteHeaders(calls: ClientCall, { headers, status }: Response): void {
	if (status !== 200) throw new Error(`the server answered ${status}`)
	const conversation = headers.get('x-dragoman-conversation')
	if (conversation !== null) calls.conversation = conversation
	const stream = headers.get('x-dragoman-stream')
	if (stream !== null) calls.turn = stream
}

function expectAnswer(calls: ClientCall, text: string): void {
	if (text !== answerTo(calls.prompt)) throw new WrongAnswer(`to '${calls.prompt}' came '${text}'`)
	calls.acknowledged = true
}

/** Not an end that a crash explains. */
export class WrongAnswer extends Error {}

async function* eventsOf(response: Response): AsyncGenerator<string> {
	let rest = ''
	const decoder = new TextDecoder()
	for await (const bytes of response.body ?? []) {
		const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
		rest = events.pop() ?? ''
		for (const event of events) if (event.startsWith('data: ')) yield `${event}\n\n`
	}
}
