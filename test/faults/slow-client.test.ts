// Clients that do not read, on an upstream that never ends: the upstream is slowed down, and the buffer for them is
// bounded.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually, type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { endless, healthy } from './scripts.ts'

const mebibyte = 1_048_576
const clients = 8
/** Buffers of one stream: in the sockets of both sides, and in the gateway. */
const longestAhead = 16 * mebibyte
const betweenChunksMs = 300
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	upstream.script('endless', endless(0, 1))
	upstream.script('healthy', healthy())
	gateway = await startFaultTestGateway({
		models: { endless: { route: ['endless'] }, healthy: { route: ['healthy'] } },
		upstreams: {
			endless: upstreamAt(upstream.urlOf('endless'), { timeouts: { betweenChunksMs } }),
			healthy: upstreamAt(upstream.urlOf('healthy')),
		},
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

/** A client that sends its request and then reads nothing until `read` is called. */
async function openLazyClient() {
	const { hostname, port } = new URL(gateway.url)
	const body = JSON.stringify({ model: 'endless', stream: true, messages: [{ role: 'user', content: 'hi' }] })
	let receivedBytes = 0
	const socket = await Bun.connect({
		hostname,
		port: Number(port),
		socket: {
			data: (_, bytes) => {
				receivedBytes += bytes.length
			},
		},
	})
	socket.write(
		`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
	)
	socket.pause()
	return { socket, received: () => receivedBytes }
}

/** The bytes that the upstream got rid of, once they do not become more. */
async function stalledAt(): Promise<number> {
	let before = -1
	const total = () => upstream.requestsTo('endless').reduce((sum, { writtenBytes }) => sum + writtenBytes, 0)
	await eventually(
		'standstill of the upstream',
		async () => {
			before = total()
			await Bun.sleep(2 * betweenChunksMs)
			return before > 0 && total() === before
		},
		20_000,
	)
	return before
}

async function residentBytes(): Promise<number> {
	return (await gateway.metrics()).get('process_resident_memory_bytes') ?? 0
}

test(`${clients} clients that do not read`, async () => {
	await gateway.send('healthy')
	const restingBytes = await residentBytes()
	const lazy = await Promise.all(Array.from({ length: clients }, openLazyClient))
	await upstream.request('endless', clients)
	const heldBytes = await stalledAt()
	expect(heldBytes).toBeLessThan(clients * longestAhead)
	// What is stored for the clients, and a heap that grows with its first streams.
	expect((await residentBytes()) - restingBytes).toBeLessThan(clients * longestAhead + 64 * mebibyte)

	// It stalled for longer than an upstream may be silent, because of the client.
	expect(upstream.requestsTo('endless').map(({ left }) => left)).toEqual(Array(clients).fill(false))
	expect((await gateway.send('healthy')).status).toBe(200)

	const [first, ...others] = lazy
	first?.socket.resume()
	await eventually('more from the upstream', () => (first?.received() ?? 0) > 2 * longestAhead, 20_000)

	for (const { socket } of lazy) socket.terminate()
	await eventually('end of all calls', () => upstream.requestsTo('endless').every(({ left }) => left))
	expect(others.every(({ received }) => received() <= longestAhead)).toBe(true)
	await eventually('end of all requests', async () => (await gateway.metrics()).get('dragoman_requests_running') === 0)
	expect((await gateway.metrics()).get('dragoman_upstream_breaker{upstream="endless"}')).toBe(0)
}, 60_000)
