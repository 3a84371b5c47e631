// An upstream that fails again and again is left alone, tried again, and taken back, as clients and operators see it.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { runCommand } from '../server.ts'
import { eventually, type FaultTestGateway, logLines, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream, unusedPort } from './scripted-upstream.ts'
import { healthy, refuses } from './scripts.ts'

const [closed, halfOpen, open] = [0, 1, 2]
const openMs = 400
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	const names = ['heals', 'relapses', 'blamed', 'ill', 'well'] as const
	const health = { path: '/models', intervalMs: 50, timeoutMs: 500, unhealthyAfter: 2, healthyAfter: 2 }
	gateway = await startFaultTestGateway({
		models: {
			...Object.fromEntries(names.map((name) => [name, { route: [name], retry: { attempts: 1 } }])),
			ill: { route: ['ill', 'well'] },
		},
		upstreams: Object.fromEntries(
			names.map((name) => [
				name,
				upstreamAt(upstream.urlOf(name), {
					breaker: { failures: 2, openMs, maxOpenMs: 100 * openMs },
					...(name === 'ill' ? { health } : {}),
				}),
			]),
		),
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

async function stateOf(name: string): Promise<number | undefined> {
	return (await gateway.metrics()).get(`dragoman_upstream_breaker{upstream="${name}"}`)
}

test('opens, admits one trial request, and closes', async () => {
	const gate = Promise.withResolvers<void>()
	upstream.script('heals', refuses(500, 'a'), refuses(500, 'b'), async (exchange) => {
		await gate.promise
		await healthy()(exchange)
	})
	expect((await gateway.send('heals')).status).toBe(502)
	expect(await stateOf('heals')).toBe(closed)
	expect((await gateway.send('heals')).status).toBe(502)
	expect(await stateOf('heals')).toBe(open)

	const refused = await gateway.send('heals')
	expect(refused).toMatchObject({ status: 503, error: { code: 'model_unavailable' } })
	expect(refused.headers.get('retry-after')).toBe('1')
	expect(upstream.requestsTo('heals')).toHaveLength(2)

	await eventually('half-open breaker', async () => (await stateOf('heals')) === halfOpen)
	const trial = gateway.send('heals')
	await upstream.request('heals', 3)
	expect((await gateway.send('heals')).status).toBe(503)
	expect(upstream.requestsTo('heals')).toHaveLength(3)
	gate.resolve()
	expect((await trial).status).toBe(200)
	expect(await stateOf('heals')).toBe(closed)
	expect((await gateway.send('heals')).status).toBe(200)
	const logged = ({ upstream: name, msg }: Record<string, unknown>) =>
		name === 'heals' && msg !== 'request' ? [msg] : []
	const [, last] = await eventually('second line of the log', () => {
		const lines = logLines(gateway).flatMap(logged)
		return lines.length === 2 && lines
	})
	expect(last).toBe('circuit breaker closed')
})

test('stays open for longer when the trial fails', async () => {
	upstream.script('relapses', refuses(500, 'always'))
	for (let failure = 1; failure <= 2; failure++) await gateway.send('relapses')
	await eventually('half-open breaker', async () => (await stateOf('relapses')) === halfOpen)
	expect((await gateway.send('relapses')).status).toBe(502)
	const reopenedMs = performance.now()
	expect(await stateOf('relapses')).toBe(open)
	await eventually('half-open breaker', async () => (await stateOf('relapses')) === halfOpen)
	expect(performance.now() - reopenedMs).toBeGreaterThan(1.5 * openMs)
})

test('does not count errors of the caller', async () => {
	upstream.script('blamed', refuses(400, 'bad'))
	for (let failure = 1; failure <= 5; failure++) expect((await gateway.send('blamed')).status).toBe(400)
	expect(await stateOf('blamed')).toBe(closed)
})

test('health checks take an upstream out before any request fails, and bring it back', async () => {
	let isHealthy = false
	upstream.script('well', healthy())
	upstream.script('ill', (exchange) =>
		exchange.request.path.endsWith('/models') ? refuses(isHealthy ? 200 : 500, 'state')(exchange) : healthy()(exchange),
	)
	const is = (expected: number) =>
		eventually(
			`health of ${expected}`,
			async () => (await gateway.metrics()).get('dragoman_upstream_healthy{upstream="ill"}') === expected,
		)
	await is(0)
	const answered = async () => (await gateway.lineOf((await gateway.send('ill')).requestId)).upstream
	expect(await answered()).toBe('well')
	isHealthy = true
	await is(1)
	expect(await answered()).toBe('ill')
	expect(upstream.requestsTo('ill').filter(({ method }) => method === 'POST')).toHaveLength(1)
})

test('an upstream that cannot be reached is known to be down, whichever caller sees it', async () => {
	const other = await startFaultTestGateway({
		models: { down: { route: ['down'], retry: { attempts: 1 } } },
		upstreams: {
			down: upstreamAt(`http://127.0.0.1:${unusedPort()}/v1`, { breaker: { failures: 2, openMs: 60_000 } }),
		},
	})
	try {
		for (let call = 0; call < 2; call++) expect((await other.send('down')).status).toBe(503)
		const flags = ['--name', 'b', '--owner', 'b', '--tenant', 'b', '--data', other.data]
		const key = (await runCommand(['keys', 'create', ...flags])).stdout.trim()
		const refused = await other.send('down', { headers: { authorization: `Bearer ${key}` } })
		expect(refused).toMatchObject({ status: 503, error: { code: 'model_unavailable' } })
		expect(refused.error?.message).toContain('No upstream of this model is available')
	} finally {
		await other.stop()
	}
})
