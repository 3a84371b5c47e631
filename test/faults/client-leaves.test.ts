// Clients that disconnect: the upstream call is cancelled immediately, and no upstream is blamed.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rejection } from '../../src/system/rejection.testing.ts'
import { eventually, type FaultTestGateway, logLines, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { healthy, silent, stallsMidStream } from './scripts.ts'

/** Limit for "immediately" on a busy machine, in milliseconds. */
const atOnceMs = 1000
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	const breaker = { failures: 1, openMs: 600_000, maxOpenMs: 600_000 }
	const at = (name: string) => upstreamAt(upstream.urlOf(name), { breaker })
	gateway = await startFaultTestGateway({
		models: {
			silent: { route: ['silent', 'reserve'] },
			stalls: { route: ['stalls', 'reserve'] },
			single: { route: ['single'] },
		},
		upstreams: {
			silent: at('silent'),
			stalls: at('stalls'),
			reserve: at('reserve'),
			single: upstreamAt(upstream.urlOf('single'), { breaker, concurrency: { limit: 1, queue: 5 } }),
		},
	})
	upstream.script('silent', silent)
	upstream.script('stalls', stallsMidStream)
	upstream.script('reserve', healthy())
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

/** The latest request of a client that left. */
function lineOfDisconnectedClient(model: string, stream: boolean) {
	return eventually(`a line about a client that left ${model}`, () =>
		logLines(gateway).findLast((line) => line.model === model && line.stream === stream && line.left === true),
	)
}

for (const stream of [false, true])
	test(`before the first byte, ${stream ? 'streamed' : 'whole'}`, async () => {
		const disconnect = new AbortController()
		const before = upstream.requestsTo('silent').length
		const answer = gateway.open('silent', { stream, signal: disconnect.signal })
		const request = await upstream.request('silent', before + 1)
		expect(request.left).toBe(false)
		disconnect.abort()
		expect(await rejection(answer)).toBeInstanceOf(Error)
		await eventually('end of the upstream call', () => request.left, atOnceMs)
		expect(await lineOfDisconnectedClient('silent', stream)).toMatchObject({ error: 'cancelled', status: 499 })
		const metrics = await gateway.metrics()
		expect(metrics.get('dragoman_upstream_breaker{upstream="silent"}')).toBe(0)
		expect(metrics.get('dragoman_upstream_running{upstream="silent"}')).toBe(0)
		expect(upstream.requestsTo('reserve')).toEqual([])
	})

test('in the middle of a stream: the generated part is recorded', async () => {
	const disconnect = new AbortController()
	const response = await gateway.open('stalls', { signal: disconnect.signal })
	const reader = response.body?.getReader()
	let text = ''
	while (!text.includes(' two')) text += new TextDecoder().decode((await reader?.read())?.value)
	const request = await upstream.request('stalls', 1)
	expect(request.left).toBe(false)
	disconnect.abort()
	await eventually('end of the upstream call', () => request.left, atOnceMs)
	expect(await lineOfDisconnectedClient('stalls', true)).toMatchObject({ upstream: 'stalls', status: 200 })
	const metrics = await gateway.metrics()
	expect(metrics.get('dragoman_upstream_breaker{upstream="stalls"}')).toBe(0)
	expect(metrics.get('dragoman_upstream_running{upstream="stalls"}')).toBe(0)
	expect(metrics.get('dragoman_requests_running')).toBe(0)
	expect(metrics.get('dragoman_clients_left_total{route="/v1/chat/completions",model="stalls"}')).toBe(1)
	expect(upstream.requestsTo('reserve')).toEqual([])
})

test('in the middle of a stream: the usage record has the tokens that arrived', async () => {
	expect(await lineOfDisconnectedClient('stalls', true)).toMatchObject({ completionTokens: 2 })
})

test('while it is queued: later requests move up', async () => {
	const gate = Promise.withResolvers<void>()
	upstream.script(
		'single',
		async (exchange) => {
			await gate.promise
			await healthy()(exchange)
		},
		healthy(),
	)
	const first = gateway.send('single')
	await upstream.request('single', 1)
	const disconnect = new AbortController()
	const second = gateway.open('single', { signal: disconnect.signal })
	const waiting = async (count: number) =>
		eventually(`queue of ${count}`, async () => {
			const metrics = await gateway.metrics()
			return metrics.get('dragoman_upstream_waiting{upstream="single"}') === count
		})
	await waiting(1)
	disconnect.abort()
	expect(await rejection(second)).toBeInstanceOf(Error)
	await waiting(0)
	const third = gateway.send('single')
	await waiting(1)
	gate.resolve()
	expect([(await first).status, (await third).status]).toEqual([200, 200])
	expect(upstream.requestsTo('single')).toHaveLength(2)
})
