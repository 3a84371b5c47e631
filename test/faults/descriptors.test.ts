// A process that has no file descriptor left for another connection: that is not held against the upstream.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import {
	eventually,
	type FaultTestGateway,
	logLines,
	readMetrics,
	startFaultTestGateway,
	upstreamAt,
} from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { healthy, refuses } from './scripts.ts'

/** The limit of another process can be changed on Linux only. */
const changesLimits = spawnSync('prlimit', ['--version']).status === 0
const breaker = { failures: 2, openMs: 60_000 }
const health = { path: '/models', intervalMs: 30, timeoutMs: 2000, unhealthyAfter: 2 }
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	upstream.script('a', async (exchange) => {
		if (!exchange.request.path.endsWith('/models')) return healthy()(exchange)
		// Each check needs a separate connection.
		await refuses(200, 'well', { connection: 'close' })(exchange)
		exchange.end()
	})
	upstream.script('b', healthy())
	gateway = await startFaultTestGateway({
		models: {
			a: { route: ['a'], retry: { attempts: 1 } },
			b: { route: ['b'], retry: { attempts: 1 } },
		},
		upstreams: {
			a: upstreamAt(upstream.urlOf('a'), { breaker, health }),
			b: upstreamAt(upstream.urlOf('b'), { breaker }),
		},
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

/** A connection to the gateway that stays open: a new one would need another descriptor. */
class Client {
	private readonly socket: Socket
	private received = ''
	private wake: () => void = () => undefined

	constructor() {
		const { hostname, port } = new URL(gateway.url)
		this.socket = connect(Number(port), hostname)
		this.socket.on('data', (data) => {
			this.received += data.toString()
			this.wake()
		})
	}

	/** Sends a request and resolves to its answer as soon as `complete` matches it. */
	async send(method: string, path: string, body: string, complete: RegExp): Promise<string> {
		this.received = ''
		const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\n`
		this.socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
		while (!complete.test(this.received))
			await new Promise<void>((resolve) => {
				this.wake = resolve
			})
		return this.received
	}

	chat(model: string): Promise<string> {
		const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] })
		return this.send('POST', '/v1/chat/completions', body, /\r\n\r\n\{.*\}$/s)
	}

	close(): void {
		this.socket.destroy()
	}
}

/** The descriptors that the gateway has open for longer than a check of an upstream. */
async function lastingDescriptors(): Promise<readonly number[]> {
	const open = () => readdirSync(`/proc/${gateway.pid}/fd`).map(Number)
	let lasting = open()
	for (let sample = 0; sample < 20; sample++) {
		await Bun.sleep(health.intervalMs / 5)
		const now = new Set(open())
		lasting = lasting.filter((number) => now.has(number))
	}
	return lasting
}

function limitDescriptors(limit: number): void {
	const { status } = spawnSync('prlimit', ['--pid', String(gateway.pid), `--nofile=${limit}:`])
	if (status !== 0) throw new Error('the limit cannot be changed')
}

test.skipIf(!changesLimits)(
	'calls are answered 503, breakers stay closed, checks have no result, and the log says it once',
	async () => {
		const clients = [new Client(), new Client()] as const
		const [one, metrics] = clients
		// Both connections are there, and the upstream is known to be well.
		await one.send('GET', '/health', '', /ok/)
		await metrics.send('GET', '/health', '', /ok/)
		await eventually('checks', () => upstream.requestsTo('a').length > 2)
		const numbers = await lastingDescriptors()
		const limit = /(\d+)/.exec(
			spawnSync('prlimit', [
				'--pid',
				String(gateway.pid),
				'--nofile',
				'--output',
				'SOFT',
				'--noheadings',
			]).stdout.toString(),
		)?.[1]
		// Numbers that are free below the limit are not: nothing can be opened.
		const free = Array.from({ length: Math.max(...numbers) + 1 }, (_, number) => number).find(
			(number) => !numbers.includes(number),
		)
		limitDescriptors(free ?? Math.max(...numbers) + 1)
		try {
			for (let round = 0; round < 4; round++)
				for (const model of ['b', 'b']) {
					const answer = await one.chat(model)
					expect(answer).toContain('503 Service Unavailable')
					expect(answer).toContain('"code":"out_of_file_descriptors"')
				}
			// Several checks of `a` could not be made meanwhile.
			await Bun.sleep(health.intervalMs * 6)
		} finally {
			limitDescriptors(Number(limit))
		}
		const metricsAfter = readMetrics(await metrics.send('GET', '/metrics', '', /process_start_time_seconds \d/))
		expect(metricsAfter.get('dragoman_upstream_breaker{upstream="b"}')).toBe(0)
		expect(metricsAfter.get('dragoman_upstream_healthy{upstream="a"}')).toBe(1)
		for (const model of ['a', 'b']) expect(await one.chat(model)).toContain('200 OK')
		const lines = logLines(gateway).filter(({ msg }) => String(msg).includes('file descriptor'))
		expect(lines).toHaveLength(1)
		expect(lines[0]).toMatchObject({ level: 50, msg: expect.stringContaining('ulimit -n') })
		for (const client of clients) client.close()
	},
)
