// What the WebSockets of one key may hold: sockets, memory of messages that arrive, messages that cannot be answered.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { maskedFrame } from '../src/server/connections/masked-frame.testing.ts'
import { RawClient } from '../src/server/connections/raw-client.testing.ts'
import { eventually } from './faults/gateway.ts'
import { runCommand, startServer, type TestServer } from './server.ts'

let server: TestServer
let otherKey: string
beforeAll(async () => {
	server = await startServer({
		config:
			'limits: { sockets: 6, socketsPerKey: 4, socketMemoryBytes: 3MB, socketMessageBytes: 2MB, socketIdleMs: 1500 }\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n',
	})
	const { stdout } = await runCommand(['keys', 'create', '--name', 'other', '--data', server.data])
	otherKey = /dgm-\S+/.exec(stdout)?.[0] ?? ''
})
afterAll(() => server.stop())

const open: RawClient[] = []
async function connect(key = server.key): Promise<RawClient> {
	const client = await RawClient.connect(server.url)
	open.push(client)
	client.write(
		`GET /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
	)
	await client.contains('\r\n\r\n')
	return client
}
async function closeAll(): Promise<void> {
	for (const client of open.splice(0)) client.destroy()
	await eventually('room for a socket', async () => {
		const [status] = (await connect()).statuses
		return status === 101
	})
	for (const client of open.splice(0)) client.destroy()
}
const create = (input: string) =>
	maskedFrame(1, JSON.stringify({ type: 'response.create', model: 'echo', input, store: false }))
/** Waits for a close frame with this status. */
const closedWith = (client: RawClient, code: number) =>
	client.contains(Buffer.from([code >> 8, code & 255]).toString('latin1'))

test('a message is answered', async () => {
	const client = await connect()
	expect(client.received).toContain('sec-websocket-accept: ')
	client.write(create('over the socket'))
	await client.contains('response.completed')
	await closeAll()
})
test('a key has at most 4 sockets, and all keys have 6', async () => {
	const statuses = []
	for (let at = 0; at < 5; at++) statuses.push(...(await connect()).statuses)
	expect(statuses).toEqual([101, 101, 101, 101, 429])
	expect(open.at(-1)?.received).toContain('at most 4 for each key and 6 in all')
	const others = []
	for (let at = 0; at < 3; at++) others.push(...(await connect(otherKey)).statuses)
	expect(others).toEqual([101, 101, 429])
	await closeAll()
})
test('messages that lack their last byte take bounded memory, and none of another key', async () => {
	const resident = () =>
		Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024
	const before = resident()
	const large = create('x'.repeat(1_500_000))
	const flood = [await connect(), await connect(), await connect(), await connect()]
	for (const client of flood) client.write(large.subarray(0, -1))
	await eventually('a refusal', () => flood.some(({ received }) => received.includes('need too much memory')))
	const other = await connect(otherKey)
	other.write(create('word'))
	await other.contains('response.completed')
	expect(resident() - before).toBeLessThan(60)
	await closeAll()
})
test('a message above the limit closes the socket', async () => {
	const client = await connect()
	client.write(create('x'.repeat(2_100_000)).subarray(0, 100))
	await closedWith(client, 1009)
	await client.closed()
	await closeAll()
})
test('a client that sends what cannot be answered is disconnected', async () => {
	const reading = await connect()
	for (let at = 0; at < 100; at++) reading.write(maskedFrame(1, 'garbage'))
	await closedWith(reading, 1008)
	await reading.closed()
	expect(reading.received.split('"type":"error"').length).toBeLessThan(40)
	await closeAll()
})
test('an idle socket is pinged, and closed if its client does not answer', async () => {
	const [silent, alive] = [await connect(), await connect()]
	const untilMs = performance.now() + 4000
	let answered = 0
	while (performance.now() < untilMs) {
		const pings = alive.received.split('\x89\x00').length - 1
		for (; answered < pings; answered++) alive.write(maskedFrame(10, ''))
		await Bun.sleep(50)
	}
	expect(silent.state).not.toBe('open')
	expect(answered).toBeGreaterThan(1)
	expect(alive.state).toBe('open')
	await closeAll()
}, 20_000)
