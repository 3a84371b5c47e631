// A process of cheap clients. Its only argument describes the load as JSON. It prints a line `ready` once the load is
// running, a line of progress each second, and a last line with the result. It does not know the server or how it is
// measured.

import { Client, writeRequest } from './client.ts'
import type { Load, LoadResult } from './load-description.ts'

const waitingRoom = new Int32Array(new SharedArrayBuffer(4))

function report(line: object | 'ready'): void {
	process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

/** Each connection sends the next request as soon as it has its answer: measures the capacity of a server. */
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
		onClosed: () => {
			gone++
		},
	}
	const clients = await Promise.all(Array.from({ length: connections }, () => Client.connect(options)))
	for (const client of clients) client.request()
	await Bun.sleep(500)
	report('ready')
	const [before, beganMs] = [answers, performance.now()]
	if (requests !== undefined) goal = before + requests
	const progress = setInterval(() => report({ answers: answers - before }), 1000)
	await Promise.race([Bun.sleep(seconds * 1000), done.promise])
	clearInterval(progress)
	const elapsedMs = performance.now() - beganMs
	return { answers: answers - before, failures: failures + gone, perSecond: ((answers - before) / elapsedMs) * 1000 }
}

/** Requests are sent at a fixed rate regardless of their answers; each is timed from when it should have been sent. */
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
	report('ready')
	const beganMs = performance.now()
	for (let count = 0; performance.now() - beganMs < seconds * 1000; ) {
		for (; beganMs + (count * 1000) / rate <= performance.now(); count++) {
			const dueMs = beganMs + (count * 1000) / rate
			const client = idle.pop()
			if (client === undefined) late.push(dueMs)
			else send(client, dueMs)
		}
		// Timers have a resolution of one millisecond, and a busy loop would take the core from the model server.
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
	report('ready')
	const [before, beganMs] = [events, performance.now()]
	await Bun.sleep(seconds * 1000)
	const elapsedMs = performance.now() - beganMs
	return { open, failures, events: events - before, perSecond: ((events - before) / elapsedMs) * 1000 }
}

/** Sends a request and does not read the answer until the last second, to check that the stream is still alive. */
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
	report('ready')
	await Bun.sleep((seconds - 1) * 1000)
	slow = false
	for (const socket of opened) socket.resume()
	await Bun.sleep(1000)
	return { open: opened.length - gone, gone, bytesLate }
}

/**
 * Half of the requests are streams; one client in three disconnects during the answer; clients that were cut off
 * reconnect.
 */
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
				onClosed() {
					if (whole) return
					if (leaves) left++
					else gone++
					over.resolve()
				},
			}).catch(() => undefined)
			if (client === undefined) return
			client.request()
			const hangUpTimer = setTimeout(() => client.hangUp(), leaves ? (round * 37) % 200 : 20_000)
			await over.promise
			clearTimeout(hangUpTimer)
			client.hangUp()
		}
	}
	report('ready')
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
report(await loads[load.kind](load))
// The measurement is taken now, while all streams are still open.
await Bun.sleep(200)
process.exit(0)
