// A model server that costs next to nothing: OpenAI's wire from bytes that were made beforehand, on a raw socket. What it is asked for
// stands in the model's name: `unary`, `stream-EVENTS-GAPMS`, or `endless`. GET /count tells how many bytes of endless answers it got rid of.

import type { Socket } from 'bun'

interface Connection {
	text: string
	/** Events still to send, of the stream that runs. */
	left: number
	endless: boolean
}

const head = {
	id: 'chatcmpl-mock',
	created: 1_700_000_000,
	model: 'mock',
	service_tier: 'default',
	system_fingerprint: 'fp_mock',
}
const usage = { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 }

function whole(): Buffer {
	const message = { role: 'assistant', content: 'The capital of France is Paris. '.repeat(8), refusal: null }
	const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
	return withLength('application/json', JSON.stringify({ ...head, object: 'chat.completion', choices, usage }))
}

function withLength(type: string, body: string): Buffer {
	return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

function event(delta: object, finishReason: string | null): string {
	const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
	return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage: null })}\n\n`
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const answers = {
	unary: whole(),
	first: Buffer.from(
		`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunk(event({ role: 'assistant', content: '', refusal: null }, null))}`,
	),
	word: Buffer.from(chunk(event({ content: ' word' }, null))),
	last: Buffer.from(
		`${chunk(event({}, 'stop'))}${chunk(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\ndata: [DONE]\n\n`)}0\r\n\r\n`,
	),
	block: Buffer.from(chunk(event({ content: ' word'.repeat(2000) }, null))),
}

const streams = new Map<number, Set<Socket<Connection>>>()
let endlessBytes = 0

/** One timer for all streams of the same pace. */
function pace(gapMs: number): Set<Socket<Connection>> {
	const known = streams.get(gapMs)
	if (known !== undefined) return known
	const running = new Set<Socket<Connection>>()
	streams.set(gapMs, running)
	setInterval(() => {
		for (const socket of running) {
			if (socket.data.left-- > 0) socket.write(answers.word)
			else {
				socket.write(answers.last)
				running.delete(socket)
			}
		}
	}, gapMs)
	return running
}

function pour(socket: Socket<Connection>): void {
	for (let written = answers.block.length; written === answers.block.length; ) {
		written = socket.write(answers.block)
		endlessBytes += Math.max(0, written)
	}
}

function answer(socket: Socket<Connection>, request: string): void {
	const [, events, gapMs] = /"model":"stream-(\d+)-(\d+)"/.exec(request) ?? []
	if (request.startsWith('GET /count')) socket.write(withLength('application/json', JSON.stringify({ endlessBytes })))
	else if (request.includes('"model":"endless"')) {
		socket.write(answers.first)
		socket.data.endless = true
		pour(socket)
	} else if (gapMs === undefined) socket.write(answers.unary)
	else {
		socket.write(answers.first)
		socket.data.left = Number(events)
		pace(Number(gapMs)).add(socket)
	}
}

const server = Bun.listen<Connection>({
	hostname: '127.0.0.1',
	port: Number(process.argv[2] ?? 0),
	socket: {
		open(socket) {
			socket.data = { text: '', left: 0, endless: false }
		},
		data(socket, bytes) {
			socket.data.text += bytes.toString('latin1')
			const { text } = socket.data
			const end = text.indexOf('\r\n\r\n')
			const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
			if (end === -1 || text.length < end + 4 + length) return
			socket.data.text = ''
			answer(socket, text)
		},
		drain(socket) {
			if (socket.data.endless) pour(socket)
		},
		close(socket) {
			socket.data.endless = false
			for (const running of streams.values()) running.delete(socket)
		},
		error: () => undefined,
	},
})
process.stdout.write(`${server.port}\n`)
