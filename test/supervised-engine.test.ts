// The embedded engine's supervision with real processes: they are killed, replaced and hopeless here, and the gateway's
// side holds.

import { afterEach, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { descriptorsCode } from '../src/chat/error.ts'
import type { ChatEvent } from '../src/chat/event.ts'
import { brokenRule } from '../src/chat/event-rules.testing.ts'
import { plainRequest } from '../src/chat/request.testing.ts'
import type { ChatRequest } from '../src/chat/request.ts'
import { completionOf, eventsOf } from '../src/engines/answer.testing.ts'
import { engineContract } from '../src/engines/engine.contract.ts'
import type { EngineCall } from '../src/engines/engine.ts'
import { Llama } from '../src/engines/llama/llama.ts'
import { Supervisor, type SupervisorOptions } from '../src/engines/llama/supervisor.ts'
import { type Clock, systemClock } from '../src/system/clock.ts'
import { openLog } from '../src/system/log.ts'
import { rejection } from '../src/system/rejection.testing.ts'
import { temporaryFolder } from './server.ts'

const echoProcess = [process.execPath, join(import.meta.dir, 'echo-process.ts')]
const opened: { close(): Promise<void> }[] = []
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())))

async function options(args: readonly string[] = [], clock: Clock = systemClock): Promise<SupervisorOptions> {
	return {
		command: [...echoProcess, ...args],
		socket: join(await temporaryFolder(), 'engine.sock'),
		environment: process.env,
		clock,
		log: openLog({ level: 'silent', format: 'json' }),
	}
}

function request(text: string): ChatRequest {
	return {
		...plainRequest,
		messages: [{ role: 'user', content: [{ type: 'text', text }] }],
	}
}

function call(signal = new AbortController().signal): EngineCall {
	return { signal, model: 'm', requestId: 'req_1' }
}

async function openServed(args: readonly string[] = []): Promise<Llama> {
	const engine = new Llama()
	opened.push(engine)
	await engine.replace({ ...(await options(args)), substituteNote: 'a stand-in' })
	return engine
}

/** The echo's answer, which waits for a process that can give it. */
async function answer(engine: Llama, text: string) {
	return completionOf(await engine.chat(request(text), call()))
}

/** Ids of the child processes of this run, by a mark on their command line. */
async function processes(mark: string): Promise<readonly number[]> {
	const found: number[] = []
	const tasks = await readdir('/proc/self/task')
	const lists = tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => ''))
	for (const pid of (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number)) {
		const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
		if (line.includes('echo-process.ts') && line.includes(mark)) found.push(pid)
	}
	return found
}

async function hasExited(mark: string): Promise<void> {
	while ((await processes(mark)).length > 0) await Bun.sleep(10)
}

engineContract(
	'embedded engine, supervised',
	async () => {
		const engine = await openServed()
		await answer(engine, 'hello')
		return engine
	},
	{ model: 'echo', prompt: 'One two three four five six seven eight nine ten eleven twelve.' },
)

test('a process killed while it answers: the answer ends with an error, and a new process serves the next request', async () => {
	const engine = await openServed(['--name', 'killed'])
	const events: ChatEvent[] = []
	for await (const event of eventsOf(await engine.chat(request('echo:hang-after 2'), call()))) {
		if (events.push(event) !== 4) continue
		for (const pid of await processes('killed')) process.kill(pid, 'SIGKILL')
	}
	expect(brokenRule(events)).toBeUndefined()
	expect(events.at(-1)).toMatchObject({
		type: 'error',
		error: {
			kind: 'upstream-failed',
			message: 'The embedded engine stopped while generating the answer.',
			sent: 'yes',
		},
	})
	expect((await answer(engine, 'still there')).choices[0]?.parts).toEqual([{ type: 'text', text: 'still there' }])
})

test('a process killed before it began to answer may have used tokens', async () => {
	const engine = await openServed(['--name', 'killed-early'])
	await answer(engine, 'ready')
	const started = engine.chat(request('echo:hang'), call())
	const [pid] = await processes('killed-early')
	// The request is sent once the event loop has been idle: a second one is answered after it.
	await answer(engine, 'behind it')
	if (pid !== undefined) process.kill(pid, 'SIGKILL')
	expect(await rejection(started)).toMatchObject({ kind: 'upstream-failed', sent: 'maybe' })
})

test('a process that can never start is reported as failed, with its last line', async () => {
	const engine = await openServed(['--crash', '78', '--says', '/srv/models/broken.gguf is no model'])
	expect(await rejection(engine.chat(request('hi'), call()))).toMatchObject({
		kind: 'unavailable',
		message: 'The embedded model is not ready: broken.gguf is no model',
		retryAfterMs: expect.any(Number),
		sent: 'nothing',
		lasting: true,
	})
	expect(engine.state()).toMatchObject({ status: 'failed', note: 'broken.gguf is no model' })
})

test('a caller that disconnects while a process starts does not wait for it', async () => {
	const engine = await openServed(['--crash', '1'])
	const controller = new AbortController()
	const started = engine.chat(request('hi'), call(controller.signal))
	controller.abort()
	expect(await rejection(started)).toMatchObject({ kind: 'cancelled' })
})

test.skipIf(spawnSync('prlimit', ['--version']).status !== 0)(
	'a lack of file descriptors is not held against the process',
	async () => {
		const engine = await openServed()
		await answer(engine, 'ready')
		const disconnect = new AbortController()
		// Takes the connection that is open.
		const hanging = engine.chat(request('echo:hang'), call(disconnect.signal)).catch(() => undefined)
		await Bun.sleep(0)
		const setLimit = (limit: string) => spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:`])
		const limit = spawnSync('prlimit', ['--nofile', '--output', 'SOFT', '--noheadings']).stdout.toString().trim()
		setLimit('500')
		const files: number[] = []
		try {
			for (;;) files.push(openSync('/dev/null', 'r'))
		} catch {
			// No process is left.
		}
		const failed = await engine.chat(request('hi'), call()).catch((thrown: unknown) => thrown)
		const { status } = engine.state()
		for (const file of files) closeSync(file)
		setLimit(limit)
		expect(failed).toMatchObject({ kind: 'unavailable', code: descriptorsCode, sent: 'nothing' })
		expect(status).toBe('ready')
		disconnect.abort()
		await hanging
	},
)

test('replaced: running calls end on the old process, new ones use the new one, and the old one exits', async () => {
	const engine = await openServed(['--name', 'the-old-one'])
	const running = eventsOf(await engine.chat(request('echo:delay 1 echo:repeat 300 word'), call()))
	expect(await running.next()).toMatchObject({ value: { type: 'start', model: 'the-old-one' } })
	await engine.replace({ ...(await options(['--name', 'the-new-one'])), substituteNote: 'another one' })
	expect((await answer(engine, 'hi')).model).toBe('the-new-one')
	expect((await processes('the-old-one')).length).toBe(1)
	let last: ChatEvent | undefined
	for (let next = await running.next(); next.done !== true; next = await running.next()) last = next.value
	expect(last?.type).toBe('finish')
	await hasExited('the-old-one')
	expect((await answer(engine, 'hi again')).model).toBe('the-new-one')
})

test('a stream that is cancelled before it is read does not hold its process', async () => {
	const engine = await openServed(['--name', 'left-alone'])
	const left = eventsOf(await engine.chat(request('echo:hang-after 2'), call()))
	await left.return?.()
	expect((await processes('left-alone')).length).toBe(1)
	await engine.replace(await options(['--name', 'its-successor']))
	await hasExited('left-alone')
	expect((await processes('its-successor')).length).toBe(1)
})

test('closing ends the process', async () => {
	const engine = await openServed(['--name', 'closed'])
	await answer(engine, 'hi')
	expect((await processes('closed')).length).toBe(1)
	await engine.close()
	expect(await processes('closed')).toEqual([])
})

test('closing during a replacement ends both processes', async () => {
	const engine = await openServed(['--name', 'answering'])
	await answer(engine, 'hi')
	const script = 'process.stdin.resume().once("end", () => process.exit(0))'
	const command = [process.execPath, '-e', script, 'echo-process.ts', 'never-ready']
	const replaced = engine.replace({ ...(await options()), command })
	while ((await processes('never-ready')).length === 0) await Bun.sleep(10)
	await engine.close()
	expect(await processes('never-ready')).toEqual([])
	await replaced
	await engine.replace({ ...(await options()), command })
	expect(await processes('never-ready')).toEqual([])
}, 10_000)

test('a caller that disconnects before a process is started does not wait for it', async () => {
	const engine = new Llama()
	opened.push(engine)
	const controller = new AbortController()
	const started = engine.chat(request('hi'), call(controller.signal))
	controller.abort()
	expect(await rejection(started)).toMatchObject({ kind: 'cancelled' })
}, 10_000)

test('a process that exits repeatedly is restarted with growing delays of at most ten seconds', async () => {
	const pauses: number[] = []
	const enough = Promise.withResolvers<void>()
	const clock: Clock = {
		now: () => 0,
		monotonicMs: () => 0,
		async sleep(ms, signal) {
			if (ms < 100) return systemClock.sleep(ms, signal)
			if (pauses.push(ms) < 8) return
			enough.resolve()
			return systemClock.sleep(60_000, signal)
		},
	}
	const supervisor = new Supervisor({ ...(await options([], clock)), command: ['/bin/sh', '-c', 'exit 1'] })
	opened.push(supervisor)
	await enough.promise
	expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
	expect(pauses[0]).toBeLessThanOrEqual(400)
	expect(pauses.at(-1)).toBe(10_000)
	expect(supervisor.state.status).toBe('starting')
})

test('a program that does not exist does not crash the gateway', async () => {
	const paused = Promise.withResolvers<void>()
	const clock: Clock = {
		now: () => 0,
		monotonicMs: () => 0,
		sleep(ms, signal) {
			paused.resolve()
			return systemClock.sleep(ms, signal)
		},
	}
	const supervisor = new Supervisor({ ...(await options([], clock)), command: ['/no/such/program'] })
	await paused.promise
	expect(supervisor.state.status).toBe('starting')
	await supervisor.close()
})

test('its log lines at warn and above are written to the gateway’s log at their level, all others at debug', async () => {
	const lines: { level: number; msg: string; line?: string; model?: string }[] = []
	const log = openLog({ level: 'debug', format: 'json' }, (text) => {
		for (const line of text.trim().split('\n')) lines.push(JSON.parse(line))
	})
	const printed = [
		'{"level":30,"time":"2026","msg":"loaded"}',
		'{"level":40,"time":"2026","model":"m","msg":"repeated itself"}',
		'{"level":50,"time":"2026","msg":"broke"}',
		'{"level":40 and no JSON',
		'{"level":40}',
		'plain words',
	]
	const script = `for (const line of ${JSON.stringify(printed)}) console.error(line); process.exit(78)`
	const supervisor = new Supervisor({ ...(await options()), log, command: [process.execPath, '-e', script] })
	opened.push(supervisor)
	await supervisor.settled(10_000, new AbortController().signal)
	await supervisor.close()
	const relayed = lines.filter(({ msg }) => !msg.startsWith('the embedded engine'))
	expect(
		relayed.map(({ level, msg, line, model }) => [level, line ?? msg, ...(model === undefined ? [] : [model])]),
	).toEqual([
		[20, printed[0] ?? ''],
		[40, 'repeated itself', 'm'],
		[50, 'broke'],
		[20, printed[3] ?? ''],
		[20, printed[4] ?? ''],
		[20, printed[5] ?? ''],
	])
})

test('a process is ended by its standard input, not by a signal', async () => {
	const script = `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.error('{"level":40,"time":"2026","msg":"signalled"}'))
		process.stdin.resume().once('end', () => { console.error('{"level":40,"time":"2026","msg":"ended"}'); process.exit(0) })
		console.error('{"level":40,"time":"2026","msg":"running"}')`
	const messages: string[] = []
	const running = Promise.withResolvers<void>()
	const log = openLog({ level: 'warn', format: 'json' }, (text) => {
		messages.push(
			...text
				.trim()
				.split('\n')
				.map((line) => JSON.parse(line).msg),
		)
		if (messages.includes('running')) running.resolve()
	})
	const supervisor = new Supervisor({ ...(await options()), log, command: [process.execPath, '-e', script] })
	await running.promise
	await supervisor.close()
	expect(messages).toEqual(['running', 'ended'])
})

test('a start that takes too long is ended, and reported with the reason', async () => {
	const script = 'for await (const _ of Bun.stdin.stream());'
	const supervisor = new Supervisor({
		...(await options()),
		command: [process.execPath, '-e', script],
		startBounds: { timeoutMs: 300, memoryBytes: 1e12 },
	})
	opened.push(supervisor)
	const { pid } = supervisor
	expect(await supervisor.settled(30_000, new AbortController().signal)).toEqual({
		status: 'failed',
		reason: 'it was not ready after 300 ms (startTimeoutMs)',
	})
	if (pid !== undefined) expect(() => process.kill(pid, 0)).toThrow()
})

test.if(process.platform === 'linux')(
	'a start that takes too much memory is ended, and reported with the reason',
	async () => {
		const script =
			'const all = []; for (let n = 0; n < 40; n++) { all.push(new Uint8Array(10_000_000).fill(1)); await Bun.sleep(10) } for await (const _ of Bun.stdin.stream());'
		const supervisor = new Supervisor({
			...(await options()),
			command: [process.execPath, '-e', script],
			startBounds: { timeoutMs: 60_000, memoryBytes: 200_000_000 },
		})
		opened.push(supervisor)
		expect(await supervisor.settled(30_000, new AbortController().signal)).toEqual({
			status: 'failed',
			reason: expect.stringMatching(/^it used \d+ MB of memory while it started, more than 200 MB \(startMemory\)$/),
		})
	},
)

test('a process that is ready in time is not ended', async () => {
	const engine = new Llama()
	opened.push(engine)
	await engine.replace({ ...(await options()), startBounds: { timeoutMs: 60_000, memoryBytes: 1e12 } })
	expect((await answer(engine, 'hi')).choices[0]?.parts).toEqual([{ type: 'text', text: 'hi' }])
	expect(engine.state().status).toBe('ready')
})
