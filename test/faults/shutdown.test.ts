// The end of a server: no new request is accepted, and running answers end within the deadline or with an error that
// states the reason.

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { copiesMs } from '../../src/cli/stop.ts'
import { root, temporaryFolder } from '../server.ts'
import { eventually, type FaultTestGateway, readAnswer, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { answerText, endless, healthy, silent } from './scripts.ts'

let upstream: ScriptedUpstream
const gateways = new Set<FaultTestGateway>()

beforeAll(() => {
	upstream = openScriptedUpstream()
	upstream.script('endless', endless(20, 1))
	upstream.script('silent', silent)
})
afterAll(() => upstream.close())
afterEach(async () => {
	for (const gateway of gateways) await gateway.stop('SIGKILL')
	gateways.clear()
})

async function start(shutdownMs: number, limits: object = {}): Promise<FaultTestGateway> {
	const names = ['gated', 'endless', 'silent'] as const
	const gateway = await startFaultTestGateway({
		limits: { shutdownMs, ...limits },
		models: Object.fromEntries(names.map((name) => [name, { route: [name] }])),
		upstreams: Object.fromEntries(names.map((name) => [name, upstreamAt(upstream.urlOf(name))])),
	})
	gateways.add(gateway)
	return gateway
}

/** Resolves once connections are refused. */
function refusesConnections({ url }: FaultTestGateway): Promise<true> {
	const { hostname, port } = new URL(url)
	return eventually('refused connection', async () => {
		try {
			const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: () => undefined } })
			socket.terminate()
			return false
		} catch {
			return true
		}
	})
}

test('unary and streamed answers in flight complete, then the process exits with status 0', async () => {
	const gateway = await start(10_000)
	const gate = Promise.withResolvers<void>()
	upstream.script('gated', async (exchange) => {
		await gate.promise
		await healthy()(exchange)
	})
	const answers = [gateway.send('gated', { stream: true }), gateway.send('gated')]
	await upstream.request('gated', 2)
	const ended = gateway.stop('SIGTERM')
	await refusesConnections(gateway)
	gate.resolve()
	for (const answer of await Promise.all(answers))
		expect(answer).toMatchObject({ status: 200, text: answerText, error: undefined })
	expect(await ended).toBe(0)
	gateways.clear()
})

test('a stream that takes too long ends with an error event, a unary answer with an error', async () => {
	const gateway = await start(300)
	const streaming = await gateway.open('endless')
	const unary = gateway.send('silent')
	await upstream.request('silent', 1)
	const ended = gateway.stop('SIGTERM')
	const streamed = await readAnswer(streaming)
	expect(streamed.text).toStartWith(' more')
	expect(streamed.error).toMatchObject({ code: 'server_closing', message: 'The server is closing.' })
	expect(streamed.data.at(-1)).toContain('"error"')
	expect(await unary).toMatchObject({ status: 503, error: { code: 'server_closing' } })
	expect(await ended).toBe(0)
	gateways.clear()
	const [request] = upstream.requestsTo('endless')
	await eventually('end of the upstream call', () => request?.left)
})

test('a second signal does not wait', async () => {
	const gateway = await start(60_000)
	const before = upstream.requestsTo('silent').length
	const outcome = gateway.open('silent', { stream: false }).then(
		() => 'answered',
		() => 'lost',
	)
	await upstream.request('silent', before + 1)
	const ended = gateway.stop('SIGTERM')
	await refusesConnections(gateway)
	// Only time distinguishes a second signal from a copy of the first.
	await Bun.sleep(copiesMs)
	process.kill(gateway.pid, 'SIGTERM')
	expect(await ended).toBe(130)
	expect(await outcome).toBe('lost')
	gateways.clear()
})

test('copies of the first signal do not exit the process immediately', async () => {
	const gateway = await start(10_000)
	const gate = Promise.withResolvers<void>()
	upstream.script('gated', async (exchange) => {
		await gate.promise
		await healthy()(exchange)
	})
	const before = upstream.requestsTo('gated').length
	const answer = gateway.send('gated')
	await upstream.request('gated', before + 1)
	const ended = gateway.stop('SIGTERM')
	for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) process.kill(gateway.pid, signal)
	await refusesConnections(gateway)
	gate.resolve()
	expect(await answer).toMatchObject({ status: 200, text: answerText })
	expect(await ended).toBe(0)
	gateways.clear()
})

test('while it drains, requests are accepted and /ready returns 503; then the port closes', async () => {
	const gateway = await start(10_000, { drainMs: 2000 })
	upstream.script('gated', healthy())
	const ready = () => fetch(`${gateway.url}/ready`)
	expect((await ready()).status).toBe(200)
	const ended = gateway.stop('SIGTERM')
	const state = await eventually('refused readiness', async () => {
		const response = await ready()
		return response.status === 503 && ((await response.json()) as { status: string; models: unknown[] })
	})
	expect(state.status).toBe('draining')
	expect(state.models).toHaveLength(3)
	expect(await gateway.send('gated')).toMatchObject({ status: 200, text: answerText })
	expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
	await refusesConnections(gateway)
	expect(await ended).toBe(0)
	gateways.clear()
})

test('an answer that begins while it drains has the full shutdown timeout', async () => {
	const gateway = await start(10_000, { drainMs: 1000 })
	const gate = Promise.withResolvers<void>()
	upstream.script('gated', async (exchange) => {
		await gate.promise
		await healthy()(exchange)
	})
	const before = upstream.requestsTo('gated').length
	const ended = gateway.stop('SIGTERM')
	const answer = gateway.send('gated')
	await upstream.request('gated', before + 1)
	await refusesConnections(gateway)
	gate.resolve()
	expect(await answer).toMatchObject({ status: 200, text: answerText })
	expect(await ended).toBe(0)
	gateways.clear()
})

test('a second signal ends the process while it drains', async () => {
	const gateway = await start(10_000, { drainMs: 60_000 })
	const ended = gateway.stop('SIGTERM')
	await eventually('refused readiness', async () => (await fetch(`${gateway.url}/ready`)).status === 503)
	await Bun.sleep(copiesMs)
	process.kill(gateway.pid, 'SIGINT')
	expect(await ended).toBe(130)
	gateways.clear()
})

test('a signal while the server is still starting exits it immediately, with status 0', async () => {
	const connected = Promise.withResolvers<void>()
	// A database that accepts connections and never answers.
	const database = Bun.listen({
		hostname: '127.0.0.1',
		port: 0,
		socket: { open: () => connected.resolve(), data: () => undefined },
	})
	const folder = await temporaryFolder()
	const config = join(folder, 'config.yaml')
	await Bun.write(
		config,
		`database: postgres://u@127.0.0.1:${database.port}/x\nmodels: { m: { route: u } }\nupstreams: { u: { engine: echo } }\n`,
	)
	const child = Bun.spawn(
		[
			process.execPath,
			join(root, 'src', 'main.ts'),
			'serve',
			'--config',
			config,
			'--data',
			folder,
			'--listen',
			'127.0.0.1:0',
		],
		{ stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', timeout: 20_000, killSignal: 'SIGKILL' },
	)
	await connected.promise
	child.kill('SIGTERM')
	expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ''])
	database.stop(true)
})
