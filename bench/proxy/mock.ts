// A cheap model server on a raw socket. The model's name selects the answer: `unary`, `stream-EVENTS-GAPMS`, `endless`,
// `broken` (every call fails) or `faulty` (every second call fails, each time differently); any other name gets a unary
// answer. GET /count reports how many calls it served and how many connections are open.

import type { Socket } from 'bun'
import { makeAnswers, writeJson } from './answers.ts'

interface Connection {
	text: string
	/** Events left of the running stream. */
	left: number
	endless: boolean
	/** Bytes sent of the current block of an endless stream. */
	poured: number
}

type Client = Socket<Connection>

const answers = makeAnswers()
const streams = new Map<number, Set<Client>>()
const counts = { requests: 0, events: 0, endlessBytes: 0, connections: 0 }
let faultyCalls = 0

/** One timer for all streams of the same pace. */
function pace(gapMs: number): Set<Client> {
	const known = streams.get(gapMs)
	if (known !== undefined) return known
	const running = new Set<Client>()
	streams.set(gapMs, running)
	setInterval(() => {
		for (const socket of running) {
			counts.events++
			if (socket.data.left-- > 0) socket.write(answers.word)
			else {
				socket.write(answers.last)
				running.delete(socket)
			}
		}
	}, gapMs)
	return running
}

function stream(socket: Client, events: number, gapMs: number): void {
	socket.write(answers.first)
	socket.data.left = events
	pace(gapMs).add(socket)
}

/** As much as the reader accepts; a few blocks at a time, because other connections wait too. */
function pour(socket: Client): void {
	for (let block = 0; block < 16 && socket.data.endless; block++) {
		const rest = answers.block.subarray(socket.data.poured)
		const written = Math.max(0, socket.write(rest))
		counts.endlessBytes += written
		socket.data.poured = (socket.data.poured + written) % answers.block.length
		if (written < rest.length) return
	}
	if (socket.data.endless) setImmediate(pour, socket)
}

/** The outcomes of the calls of `faulty`, in rotation. */
const fates: readonly ((socket: Client, streamed: boolean) => unknown)[] = [
	serve,
	(socket) => socket.terminate(),
	serve,
	(socket) => socket.write(answers.broken),
	serve,
	(socket) => socket.write(answers.tooMany),
	serve,
	(socket, streamed) => {
		socket.write(streamed ? Buffer.concat([answers.first, answers.word, answers.torn]) : answers.half)
		socket.end()
	},
	serve,
	(socket, streamed) => {
		socket.write(streamed ? answers.first : answers.half)
		socket.terminate()
	},
	serve,
	// Silent from here on, until the other side times out.
	(socket, streamed) => {
		if (streamed) socket.write(Buffer.concat([answers.first, answers.word]))
	},
]

function serve(socket: Client, streamed: boolean): void {
	if (streamed) stream(socket, 5, 20)
	else socket.write(answers.whole)
}

/** Reports the counts, without this connection, and closes it. */
function count(socket: Client): void {
	socket.write(writeJson({ ...counts, connections: counts.connections - 1 }, '200 OK', ['connection: close']))
	socket.end()
}

function answer(socket: Client, request: string): void {
	counts.requests++
	const name = /"model":"([^"]*)"/.exec(request)?.[1] ?? ''
	const [, events, gapMs] = /^stream-(\d+)-(\d+)$/.exec(name) ?? []
	if (gapMs !== undefined) stream(socket, Number(events), Number(gapMs))
	else if (name === 'endless') {
		socket.write(answers.first)
		socket.data.endless = true
		pour(socket)
	} else if (name === 'broken') socket.write(answers.broken)
	else {
		const fate = name === 'faulty' ? fates[faultyCalls++ % fates.length] : serve
		fate?.(socket, request.includes('"stream":true'))
	}
}

const server = Bun.listen<Connection>({
	hostname: '127.0.0.1',
	port: Number(process.argv[2] ?? 0),
	socket: {
		open(socket) {
			counts.connections++
			socket.data = { text: '', left: 0, endless: false, poured: 0 }
		},
		data(socket, bytes) {
			socket.data.text += bytes.toString('latin1')
			const { text } = socket.data
			const end = text.indexOf('\r\n\r\n')
			const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
			if (end === -1 || text.length < end + 4 + length) return
			socket.data.text = ''
			if (text.startsWith('GET /count')) count(socket)
			else answer(socket, text)
		},
		drain(socket) {
			if (socket.data.endless) pour(socket)
		},
		close(socket) {
			counts.connections--
			socket.data.endless = false
			for (const running of streams.values()) running.delete(socket)
		},
		error: () => undefined,
	},
})
process.stdout.write(`${server.port}\n`)
