// Clients that cost next to nothing, as a process: told what to do by one argument of JSON, it prints a line `ready` when the load
// stands, a line of progress each second, and a last line with the result. What a server is and how it is measured is not known here.

import { Client, writeRequest } from './client.ts'
import type { Load, LoadResult } from './load-description.ts'

const waitingRoom = new Int32Array(new SharedArrayBuffer(4))

function tell(line: object | 'ready'): void {
	process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

/** Each connection asks again as soon as it has its answer: finds how much a server can take. */
async function closedLoop({ port, key, model, connections, seconds, requests }: Load): Promise<LoadResult> {
	const done = Promise.withResolvers<void>()
	let [answers, failures, gone, goal] = [0, 0, 0, Number.POSITIVE_INFINITY]
	const options = {
		port,
		request: writeRequest(model, key),
		onAnswer(client: Client, ok: boolean) {
			answers++
			if (!ok) failures++
			if (answers >= goal) done.resolve()
			else client.request()
		},
		onGone: () => {
			gone++
		},
	}
	const clients = await Promise.all(Array.from({ length: connections }, () => Client.connect(options)))
	for (const client of clients) client.request()
	await Bun.sleep(500)
	tell('ready')
	const [before, beganMs] = [answers, performance.now()]
	if (requests !== undefined) goal = before + requests
	const progress = setInterval(() => tell({ answers: answers - before }), 1000)
	await Promise.race([Bun.sleep(seconds * 1000), done.promise])
	clearInterval(progress)
	const elapsedMs = performance.now() - beganMs
	return { answers: answers - before, failures: failures + gone, perSecond: ((answers - before) / elapsedMs) * 1000 }
}

/** Requests leave at a fixed rate whatever becomes of them; each is timed from when it should have left. */
async function openLoop({ port, key, model, connections, seconds, rate = 1000 }: Load): Promise<LoadResult> {
	const latencies: number[] = []
	const idle: Client[] = []
	const late: number[] = []
	let failures = 0
	const send = (client: Client, dueMs: number) => {
		client.dueMs = dueMs
		client.request()
	}
	const options = {
		port,
		request: writeRequest(model, key),
		onAnswer(client: Client, ok: boolean) {
			latencies.push(performance.now() - client.dueMs)
			if (!ok) failures++
			const next = late.shift()
			if (next === undefined) idle.push(client)
			else send(client, next)
		},
	}
	idle.push(...(await Promise.all(Array.from({ length: connections }, () => Client.connect(options)))))
	tell('ready')
	const beganMs = performance.now()
	for (let count = 0; performance.now() - beganMs < seconds * 1000; ) {
		for (; beganMs + (count * 1000) / rate <= performance.now(); count++) {
			const dueMs = beganMs + (count * 1000) / rate
			const client = idle.pop()
			if (client === undefined) late.push(dueMs)
			else send(client, dueMs)
		}
		// Timers are as coarse as a whole millisecond, and spinning would take the core from the model server.
		Atomics.wait(waitingRoom, 0, 0, 0.02)
		await new Promise((resolve) => setImmediate(resolve))
	}
	await Bun.sleep(500)
	const steady = latencies.slice(Math.floor(latencies.length / 10)).sort((a, b) => a - b)
	const at = (share: number) => steady[Math.min(steady.length - 1, Math.floor(steady.length * share))] ?? 0
	return { answers: latencies.length, failures: failures + late.length, p50Ms: at(0.5), p99Ms: at(0.99) }
}

/** Streams that stay open. Counts their events. */
async function heldStreams({ port, key, model, connections, seconds }: Load): Promise<LoadResult> {
	let [events, open, failures] = [0, 0, 0]
	const boundary = Buffer.from('\n\n')
	const request = writeRequest(model, key)
	for (let count = 0; count < connections; count++) {
		void Bun.connect({
			hostname: '127.0.0.1',
			port,
			socket: {
				open(socket) {
					open++
					socket.write(request)
				},
				data(_, bytes) {
					for (let at = bytes.indexOf(boundary); at !== -1; at = bytes.indexOf(boundary, at + 2)) events++
				},
				close() {
					open--
					failures++
				},
				error: () => undefined,
			},
		}).catch(() => failures++)
		if (count % 50 === 49) await Bun.sleep(20)
	}
	await Bun.sleep(1500)
	tell('ready')
	const [before, beganMs] = [events, performance.now()]
	await Bun.sleep(seconds * 1000)
	const elapsedMs = performance.now() - beganMs
	return { open, failures, events: events - before, perSecond: ((events - before) / elapsedMs) * 1000 }
}

/** Asks and then does not read; in the last second it does, to see whether the answer is still there. */
async function slowClients({ port, key, model, connections, seconds }: Load): Promise<LoadResult> {
	const request = writeRequest(model, key)
	let [slow, bytesLate, gone] = [true, 0, 0]
	const opened = await Promise.all(
		Array.from({ length: connections }, () =>
			Bun.connect({
				hostname: '127.0.0.1',
				port,
				socket: {
					open: (socket) => void socket.write(request),
					data(socket, bytes) {
						if (slow) socket.pause()
						else bytesLate += bytes.length
					},
					close: () => void gone++,
					error: () => undefined,
				},
			}),
		),
	)
	tell('ready')
	await Bun.sleep((seconds - 1) * 1000)
	slow = false
	for (const socket of opened) socket.resume()
	await Bun.sleep(1000)
	return { open: opened.length - gone, gone, bytesLate }
}

/** Half of the requests are streams; one client in three hangs up at some moment of the answer; who was cut off comes back. */
async function unrulyClients({ port, key, model, connections, seconds }: Load): Promise<LoadResult> {
	const untilMs = performance.now() + seconds * 1000
	let [answers, failures, left, gone] = [0, 0, 0, 0]
	const one = async (index: number) => {
		for (let round = index; performance.now() < untilMs; round++) {
			const leaves = round % 3 === 0
			const over = Promise.withResolvers<void>()
			let whole = false
			const client = await Client.connect({
				port,
				request: writeRequest(model, key, round % 2 === 0),
				onAnswer(_, ok) {
					answers++
					if (!ok) failures++
					whole = true
					over.resolve()
				},
				onGone() {
					if (whole) return
					if (leaves) left++
					else gone++
					over.resolve()
				},
			}).catch(() => undefined)
			if (client === undefined) return
			client.request()
			const patience = setTimeout(() => client.hangUp(), leaves ? (round * 37) % 200 : 20_000)
			await over.promise
			clearTimeout(patience)
			client.hangUp()
		}
	}
	tell('ready')
	await Promise.all(Array.from({ length: connections }, (_, index) => one(index)))
	return { answers, failures, left, gone }
}

const loads: Readonly<Record<Load['kind'], (load: Load) => Promise<LoadResult>>> = {
	closed: closedLoop,
	open: openLoop,
	streams: heldStreams,
	slow: slowClients,
	unruly: unrulyClients,
}

const load: Load = JSON.parse(process.argv[2] ?? '')
tell(await loads[load.kind](load))
// Who measures looks now, while what was opened is still open.
await Bun.sleep(200)
process.exit(0)
