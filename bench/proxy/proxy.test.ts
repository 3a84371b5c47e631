import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Client, writeRequest } from './client.ts'
import type { Load } from './load-description.ts'
import { usageOf } from './measured-process.ts'
import { hottest } from './profile.ts'
import { Stage } from './stage.ts'
import { isMet, median, slope, writeTable } from './table.ts'

let stage: Stage
beforeAll(async () => {
	stage = await Stage.open()
})
afterAll(() => stage.close())

function run(load: Omit<Load, 'port' | 'key' | 'seconds'>, seconds = 1) {
	return stage.load(stage.direct, { ...load, seconds })
}

/** The complete answer to one request for `model`, up to the end of the connection or `until`. */
async function answerTo(model: string, { stream = false, until = '\0' } = {}): Promise<string> {
	const over = Promise.withResolvers<void>()
	let text = ''
	const socket = await Bun.connect({
		hostname: '127.0.0.1',
		port: stage.direct.port,
		socket: {
			open: (opened) => {
				opened.write(writeRequest(model, 'key', stream))
			},
			data(_, bytes) {
				text += bytes.toString()
				if (text.includes(until)) over.resolve()
			},
			close: () => over.resolve(),
			error: () => undefined,
		},
	})
	await over.promise
	socket.terminate()
	return text
}

function contents(text: string): string {
	return [...text.matchAll(/^data: (\{.*\})\r?$/gm)]
		.map(([, json = '']) => JSON.parse(json).choices[0]?.delta.content ?? '')
		.join('')
}

describe('the model server', () => {
	test('sends unary completions with their length', async () => {
		const [head = '', body = ''] = (await answerTo('unary', { until: '"}' })).split('\r\n\r\n')
		expect(head).toContain(`content-length: ${body.length}`)
		expect(JSON.parse(body)).toMatchObject({ object: 'chat.completion', usage: { total_tokens: 60 } })
	})

	test('streams the number of events in the name, in chunks with correct sizes', async () => {
		const text = await answerTo('stream-7-5', { until: '\r\n0\r\n\r\n' })
		let rest = text.slice(text.indexOf('\r\n\r\n') + 4)
		let body = ''
		for (let size = -1; size !== 0; ) {
			size = Number.parseInt(rest, 16)
			const begin = rest.indexOf('\r\n') + 2
			body += rest.slice(begin, begin + size)
			rest = rest.slice(begin + size + 2)
		}
		expect(rest).toBe('')
		expect(contents(body)).toBe(' word'.repeat(7))
		expect(body).toEndWith('data: [DONE]\n\n')
	})

	test('fails every second call of a faulty model, each time differently', async () => {
		const heads: string[] = []
		for (let call = 0; call < 8; call++) heads.push((await answerTo('faulty', { until: '}' })).slice(9, 12))
		expect(heads).toEqual(['200', '', '200', '500', '200', '429', '200', '200'])
	})

	test('continues an endless answer where the reader paused', async () => {
		const over = Promise.withResolvers<void>()
		let text = ''
		const socket = await Bun.connect({
			hostname: '127.0.0.1',
			port: stage.direct.port,
			socket: {
				open: (opened) => void opened.write(writeRequest('endless', 'key')),
				data(opened, bytes) {
					text += bytes.toString('latin1')
					opened.pause()
					setTimeout(() => opened.resume(), 5)
					if (text.length > 20_000_000) over.resolve()
				},
				error: () => undefined,
			},
		})
		await over.promise
		socket.terminate()
		let at = text.indexOf('\r\n\r\n') + 4
		for (let size = 0; at + 12_000 < text.length; at += size) {
			const line = text.slice(at, text.indexOf('\r\n', at))
			expect(line).toMatch(/^[0-9a-f]{2,4}$/)
			size = Number.parseInt(line, 16) + line.length + 4
		}
	})

	test('sends nothing after the reader of an endless answer disconnected', async () => {
		await run({ kind: 'slow', model: 'endless', connections: 2 }, 2)
		const before = usageOf(stage.direct.pid).cpuMicros
		await Bun.sleep(500)
		expect(usageOf(stage.direct.pid).cpuMicros - before).toBeLessThan(100_000)
	})

	test('stops sending if the client does not read', async () => {
		const running = run({ kind: 'slow', model: 'endless', connections: 1 }, 3)
		let [earlier, later] = [-1, 0]
		for (const giveUpAt = performance.now() + 2500; later !== earlier && performance.now() < giveUpAt; ) {
			earlier = later
			await Bun.sleep(300)
			later = (await stage.served()).endlessBytes
		}
		await running
		expect(later).toBe(earlier)
		expect(later).toBeGreaterThan(100_000)
	})
})

describe('the loads', () => {
	test('a closed loop ends after the given number of requests, and its count matches that of the server', async () => {
		const before = (await stage.served()).requests
		const { result } = await run({ kind: 'closed', model: 'unary', connections: 4, requests: 500 }, 20)
		expect(result.answers).toBeGreaterThanOrEqual(500)
		expect(result.failures).toBe(0)
		expect((await stage.served()).requests - before).toBeGreaterThanOrEqual(result.answers ?? 0)
	})

	test('a closed loop of streams counts each stream once, at its end', async () => {
		const before = (await stage.served()).requests
		const { result } = await run({ kind: 'closed', model: 'stream-4-5', connections: 10, requests: 50 }, 20)
		expect(result.answers).toBeGreaterThanOrEqual(50)
		expect((await stage.served()).requests - before).toBeGreaterThanOrEqual(result.answers ?? 0)
		expect(result.failures).toBe(0)
	})

	test('an open loop keeps its rate and reports latencies', async () => {
		const { result } = await run({ kind: 'open', model: 'unary', connections: 16, rate: 300 })
		expect(result.answers).toBeWithin(290, 302)
		expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms ?? Number.NaN)
		expect(result.p50Ms).toBeGreaterThan(0)
	})

	test('an open loop counts the delay of a request that could not be sent in time', async () => {
		// One connection, 100 ms an answer, 50 requests a second: the tenth waits about 0.8 s.
		const { result } = await run({ kind: 'open', model: 'stream-9-10', connections: 1, rate: 50 })
		expect(result.p99Ms).toBeGreaterThan(500)
	})

	test('held streams stay open until the end, and their events are counted', async () => {
		const { result } = await run({ kind: 'streams', model: 'stream-100000-30', connections: 20 })
		expect(result.open).toBe(20)
		expect(result.perSecond).toBeWithin(20 * 25, 20 * 34)
	})

	test('unruly clients disconnect, receive failures, and leave nothing open', async () => {
		const { result } = await run({ kind: 'unruly', model: 'stream-5-20', connections: 5 })
		expect(result.answers).toBeGreaterThan(5)
		expect(result.left).toBeGreaterThan(0)
		expect(result.failures).toBe(0)
		expect((await stage.served()).connections).toBe(0)
	})

	test('an end that arrives in two parts is detected', async () => {
		const server = Bun.listen({
			hostname: '127.0.0.1',
			port: 0,
			socket: {
				open: (socket) => void socket.setNoDelay(true),
				async data(socket) {
					for (const part of ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n', '0\r', '\n\r', '\n']) {
						socket.write(part)
						await new Promise((resolve) => setTimeout(resolve, 10))
					}
				},
			},
		})
		const answered = Promise.withResolvers<boolean>()
		const client = await Client.connect({
			port: server.port,
			request: writeRequest('unary', 'key'),
			onAnswer: (_, ok) => answered.resolve(ok),
		})
		client.request()
		expect(await answered.promise).toBe(true)
		client.hangUp()
		server.stop(true)
	})
})

test('/proc reports the usage of this process', () => {
	const before = usageOf(process.pid)
	for (const until = performance.now() + 120; performance.now() < until; );
	expect(usageOf(process.pid).cpuMicros - before.cpuMicros).toBeGreaterThanOrEqual(50_000)
	expect(before.memoryMb).toBeGreaterThan(before.ownMemoryMb / 2)
})

describe('the table', () => {
	test('shows which aims are met', () => {
		const row = { measure: 'a', unit: 'µs', ours: 30, nginx: 20, ratio: 1.5 }
		expect(isMet({ ...row, aim: { of: 'ratio', atMost: 1.5 } })).toBe(true)
		expect(isMet({ ...row, aim: { of: 'ours', atMost: 29 } })).toBe(false)
		expect(isMet(row)).toBeUndefined()
		expect(writeTable([{ ...row, aim: { of: 'ratio', atMost: 1.5 } }])).toContain(
			'| a, µs | 30.0 | 20.0 | 1.50 | ≤ 1.5 | yes |',
		)
	})

	test('medians and slopes', () => {
		expect(median([3, 1, 2])).toBe(2)
		expect(median([4, 1, 2, 3])).toBe(2.5)
		expect(
			slope([
				[0, 5],
				[10, 7],
				[20, 9],
			]),
		).toBeCloseTo(0.2)
	})
})

test('a profile names the functions that take the most time, without idle time', () => {
	const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 4 })
	const nodes = [
		{ id: 1, callFrame: frame('(idle)') },
		{ id: 2, callFrame: frame('read', 'file:///x/src/http/body.ts') },
		{ id: 3, callFrame: frame('') },
	]
	expect(hottest({ nodes, samples: [1, 2, 2, 3], timeDeltas: [100, 2, 1, 1] }, 5)).toEqual([
		{ name: 'read src/http/body.ts:5', share: 0.75 },
		{ name: '(anonymous)', share: 0.25 },
	])
})

test('the gateway starts, and answers requests with the key of the load', async () => {
	const gateway = await stage.startDragoman()
	const { result } = await stage.load(gateway, { kind: 'closed', model: 'unary', connections: 1, seconds: 1 })
	await stage.end(gateway)
	expect(result.answers).toBeGreaterThan(0)
	expect(result.failures ?? 0).toBe(0)
})
