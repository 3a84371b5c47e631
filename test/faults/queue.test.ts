// An upstream with one permit and a short queue: which calls wait, which are rejected, and that permits return.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually, type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { healthy, refuses, stallsMidStream } from './scripts.ts'

let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	const at = (name: string, concurrency: object) => upstreamAt(upstream.urlOf(name), { concurrency })
	gateway = await startFaultTestGateway({
		models: {
			narrow: { route: ['narrow'] },
			impatient: { route: ['impatient'] },
			spills: { route: ['full', 'reserve'] },
			returns: { route: ['returns'], retry: { attempts: 1 } },
		},
		upstreams: {
			narrow: at('narrow', { limit: 1, queue: 2 }),
			impatient: at('impatient', { limit: 1, queue: 2, queueTimeoutMs: 200 }),
			full: at('full', { limit: 1, queue: 2 }),
			reserve: upstreamAt(upstream.urlOf('reserve')),
			returns: at('returns', { limit: 1, queue: 0 }),
		},
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

function gauge(name: 'running' | 'waiting', of: string, expected: number): Promise<true> {
	return eventually(`${expected} ${name} on ${of}`, async () => {
		const metrics = await gateway.metrics()
		return metrics.get(`dragoman_upstream_${name}{upstream="${of}"}`) === expected
	})
}

/** Blocks requests until it is opened; counts the concurrent ones. */
function openGate(name: string) {
	const gate = Promise.withResolvers<void>()
	let inside = 0
	let most = 0
	upstream.script(name, async (exchange) => {
		most = Math.max(most, ++inside)
		await gate.promise
		inside--
		await healthy()(exchange)
	})
	return { open: () => gate.resolve(), most: () => most }
}

test("requests beyond the queue's limit are rejected, and queued ones are served in order", async () => {
	const gate = openGate('narrow')
	const first = gateway.send('narrow', { turns: ['1'] })
	await upstream.request('narrow', 1)
	const second = gateway.send('narrow', { turns: ['2'] })
	await gauge('waiting', 'narrow', 1)
	const third = gateway.send('narrow', { turns: ['3'], stream: true })
	await gauge('waiting', 'narrow', 2)

	for (const stream of [false, true]) {
		const refused = await gateway.send('narrow', { stream })
		expect(refused).toMatchObject({ status: 503, error: { code: 'server_is_overloaded' } })
		expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
		expect((await gateway.lineOf(refused.requestId)).error).toBe('overloaded')
	}
	await gauge('running', 'narrow', 1)
	gate.open()
	expect((await Promise.all([first, second, third])).map(({ status }) => status)).toEqual([200, 200, 200])
	expect(gate.most()).toBe(1)
	const order = upstream.requestsTo('narrow').map(({ body }) => JSON.parse(body).messages[0].content)
	expect(order).toEqual(['1', '2', '3'])
	await gauge('running', 'narrow', 0)
	expect((await gateway.metrics()).get('dragoman_upstream_breaker{upstream="narrow"}')).toBe(0)
})

test('no call waits for longer than the queue allows', async () => {
	const gate = openGate('impatient')
	const first = gateway.send('impatient')
	await upstream.request('impatient', 1)
	expect(await gateway.send('impatient')).toMatchObject({ status: 503, error: { code: 'server_is_overloaded' } })
	gate.open()
	expect((await first).status).toBe(200)
	expect(upstream.requestsTo('impatient')).toHaveLength(1)
})

test('an upstream with a free permit is preferred to a full one', async () => {
	const gate = openGate('full')
	upstream.script('reserve', healthy())
	const first = gateway.send('spills')
	await upstream.request('full', 1)
	const second = await gateway.send('spills')
	expect((await gateway.lineOf(second.requestId)).upstream).toBe('reserve')
	gate.open()
	expect((await first).status).toBe(200)
})

test('a permit is released however its call ended', async () => {
	upstream.script('returns', refuses(400, 'bad'), refuses(503, 'busy'), stallsMidStream, healthy())
	expect((await gateway.send('returns')).status).toBe(400)
	expect((await gateway.send('returns')).status).toBe(503)
	const disconnect = new AbortController()
	const response = await gateway.open('returns', { signal: disconnect.signal })
	await response.body?.getReader().read()
	expect((await gateway.send('returns')).status).toBe(503)
	disconnect.abort()
	await gauge('running', 'returns', 0)
	expect((await gateway.send('returns')).status).toBe(200)
})
