// Clients that cost next to nothing, on raw sockets. Three kinds: a closed loop that finds how much a server can take, an open one at a
// fixed rate whose latencies count from when a request should have been sent, and streams that are held open. Prints one line of JSON.

import type { Socket } from 'bun'

const [kind = '', port = '0', key = '', amount = '0', seconds = '1', model = 'unary'] = process.argv.slice(2)
const content = 'What is the capital of France? '.repeat(6)

function requestOf(asked: string): string {
	const messages = [
		{ role: 'system', content: 'You are a helpful assistant.' },
		{ role: 'user', content },
	]
	const stream = asked === 'unary' ? {} : { stream: true }
	const body = JSON.stringify({ model: asked, ...stream, messages, temperature: 0.7, max_tokens: 100 })
	return `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const request = requestOf(model)
const durationMs = Number(seconds) * 1000
const sleep = (ms: number) => Bun.sleep(ms)

interface Waiting {
	got: string
	/** When the request should have left; milliseconds. */
	dueMs: number
	done: () => void
}

/** Whole answers alone: a head with a length, and so many bytes. */
function connect(onAnswer: (socket: Socket<Waiting>, ok: boolean) => void): Promise<Socket<Waiting>> {
	return Bun.connect<Waiting>({
		hostname: '127.0.0.1',
		port: Number(port),
		socket: {
			open(socket) {
				socket.data = { got: '', dueMs: 0, done: () => undefined }
			},
			data(socket, bytes) {
				socket.data.got += bytes.toString('latin1')
				const { got } = socket.data
				const end = got.indexOf('\r\n\r\n')
				if (end === -1) return
				const length = /content-length: (\d+)/i.exec(got)?.[1]
				const complete = length === undefined ? got.endsWith('0\r\n\r\n') : got.length >= end + 4 + Number(length)
				if (!complete) return
				socket.data.got = ''
				onAnswer(socket, got.startsWith('HTTP/1.1 200'))
			},
			error: () => undefined,
		},
	})
}

async function closedLoop() {
	let answers = 0
	let failures = 0
	const running = await Promise.all(
		Array.from({ length: Number(amount) }, () =>
			connect((socket, ok) => {
				answers++
				if (!ok) failures++
				socket.write(request)
			}),
		),
	)
	for (const socket of running) socket.write(request)
	await sleep(500)
	process.stdout.write('ready\n')
	const [before, beganMs] = [answers, performance.now()]
	await sleep(durationMs)
	const elapsedMs = performance.now() - beganMs
	return { answers: answers - before, failures, perSecond: ((answers - before) / elapsedMs) * 1000 }
}

async function openLoop() {
	const latencies: number[] = []
	const idle: Socket<Waiting>[] = []
	const late: number[] = []
	let failures = 0
	const send = (socket: Socket<Waiting>, dueMs: number) => {
		socket.data.dueMs = dueMs
		socket.write(request)
	}
	const finish = (socket: Socket<Waiting>, ok: boolean) => {
		latencies.push(performance.now() - socket.data.dueMs)
		if (!ok) failures++
		const next = late.shift()
		if (next === undefined) idle.push(socket)
		else send(socket, next)
	}
	idle.push(...(await Promise.all(Array.from({ length: 64 }, () => connect(finish)))))
	process.stdout.write('ready\n')
	const everyMs = 1000 / Number(amount)
	const beganMs = performance.now()
	for (let count = 0; performance.now() - beganMs < durationMs; ) {
		for (; beganMs + count * everyMs <= performance.now(); count++) {
			const dueMs = beganMs + count * everyMs
			const socket = idle.pop()
			if (socket === undefined) late.push(dueMs)
			else send(socket, dueMs)
		}
		await new Promise((resolve) => setImmediate(resolve))
	}
	await sleep(300)
	const sorted = latencies.slice(Math.floor(latencies.length / 10)).sort((a, b) => a - b)
	const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
	return { answers: latencies.length, failures, p50Ms: at(0.5), p99Ms: at(0.99) }
}

async function heldStreams() {
	let events = 0
	let open = 0
	let ended = 0
	const boundary = Buffer.from('\n\n')
	for (let count = 0; count < Number(amount); count++) {
		void Bun.connect({
			hostname: '127.0.0.1',
			port: Number(port),
			socket: {
				open(socket) {
					open++
					socket.write(request)
				},
				data(_, bytes) {
					for (let at = bytes.indexOf(boundary); at !== -1; at = bytes.indexOf(boundary, at + 2)) events++
				},
				close() {
					ended++
				},
				error: () => undefined,
			},
		}).catch(() => ended++)
		if (count % 50 === 49) await sleep(20)
	}
	await sleep(1500)
	process.stdout.write('ready\n')
	const [before, beganMs] = [events, performance.now()]
	await sleep(durationMs)
	const elapsedMs = performance.now() - beganMs
	return { open, ended, events: events - before, perSecond: ((events - before) / elapsedMs) * 1000 }
}

/** One client that asks and then does not read. */
async function slowClient() {
	const socket = await Bun.connect({
		hostname: '127.0.0.1',
		port: Number(port),
		socket: {
			open(opened) {
				opened.write(request)
			},
			data(opened) {
				opened.pause()
			},
		},
	})
	process.stdout.write('ready\n')
	await sleep(durationMs)
	socket.terminate()
	return {}
}

const kinds: Readonly<Record<string, () => Promise<object>>> = {
	closed: closedLoop,
	open: openLoop,
	streams: heldStreams,
	slow: slowClient,
}
const run = kinds[kind]
if (run === undefined) throw new Error(`there is no load '${kind}'`)
process.stdout.write(`${JSON.stringify(await run())}\n`)
process.exit(0)
