// Two callers of one server, in different tenants: a polite one, and a hostile one that tries to stop the server for the others. Measures
// the polite one alone and beside the other.

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openScriptedUpstream, type Script } from '../faults/scripted-upstream.ts'
import { healthy, refuses } from '../faults/scripts.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from '../server.ts'
import type { AttackName } from './attacks.ts'
import type { LoopBlocks } from './loop-probe.ts'

/** What the polite caller observed. */
export interface Observation {
	readonly requests: number
	readonly failures: readonly string[]
	readonly p50Ms: number
	readonly p99Ms: number
	readonly longestMs: number
	/** How long the event loop of the server was occupied without a pause, in CPU time, longest first. */
	readonly blocksMs: readonly number[]
}

export interface Neighbours extends AsyncDisposable {
	/** The polite caller alone. */
	alone(durationMs: number): Promise<Observation>
	/** The polite caller beside the hostile one. */
	beside(attacks: readonly AttackName[], durationMs: number): Promise<Observation>
	/** Resident memory of the server, in bytes. */
	readonly server: TestServer
}

/** How long the hostile caller attacks before the polite one is measured, in milliseconds. */
const beforehandMs = 500

/** Answers by the last message of the request. */
const shared: Script = async (exchange) => {
	const { body } = exchange.request
	if (body.includes('"poison"')) return refuses(500, 'poisoned')(exchange)
	if (body.includes('"hang"')) return exchange.pause(2000)
	return healthy()(exchange)
}

export async function openNeighbours(): Promise<Neighbours> {
	const upstream = openScriptedUpstream()
	upstream.script('shared', shared)
	const reports = await temporaryFolder()
	const probe = join(reports, 'loop')
	const server = await startServer({
		preload: join(import.meta.dir, 'loop-probe.ts'),
		environment: { DRAGOMAN_LOOP_PROBE: probe },
		config: JSON.stringify({
			log: { level: 'fatal' },
			models: { echo: { route: ['echo'] }, shared: { route: ['shared'] } },
			upstreams: {
				echo: { engine: 'echo' },
				shared: {
					engine: 'openai-compatible',
					url: upstream.urlOf('shared'),
					concurrency: { limit: 4, queue: 8 },
				},
			},
		}),
	})
	const [polite, hostile] = [await makeKey(server, 'polite'), await makeKey(server, 'hostile')]
	// Loads the code.
	const observed = async (durationMs: number): Promise<Observation> => {
		await readBlocks(reports)
		const observation = await observe(server, polite, durationMs)
		return { ...observation, blocksMs: await readBlocks(reports) }
	}
	await observed(500)
	return {
		server,
		alone: observed,
		async beside(attacks, durationMs) {
			const child = Bun.spawn(
				// The work of making requests must not delay the polite caller, which measures.
				['nice', '-n', '19', process.execPath, `${import.meta.dir}/hostile-caller.ts`, server.url, hostile, ...attacks],
				{ stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' },
			)
			try {
				await child.stdout.getReader().read()
				await Bun.sleep(beforehandMs)
				return await observed(durationMs)
			} finally {
				child.kill('SIGKILL')
				await child.exited
			}
		},
		async [Symbol.asyncDispose]() {
			await server.stop('SIGKILL')
			upstream.close()
			await rm(reports, { recursive: true, force: true })
		},
	}
}

async function makeKey({ data }: TestServer, tenant: string): Promise<string> {
	const flags = ['--name', tenant, '--owner', tenant, '--tenant', tenant, '--data', data]
	const { stdout, stderr, status } = await runCommand(['keys', 'create', ...flags])
	if (status !== 0) throw new Error(stderr)
	return stdout.trim()
}

/** What the server reported since the last call. */
async function readBlocks(reports: string): Promise<readonly number[]> {
	const blocks: number[] = []
	for (const name of await readdir(reports)) {
		if (name.endsWith('.new')) continue
		const { longestMs }: LoopBlocks = await Bun.file(join(reports, name)).json()
		blocks.push(...longestMs)
		await rm(join(reports, name))
	}
	return blocks.sort((a, b) => b - a)
}

/** A request after the other, of each kind in turn. */
async function observe({ url }: TestServer, key: string, durationMs: number): Promise<Omit<Observation, 'blocksMs'>> {
	const durations: number[] = []
	const failures: string[] = []
	const untilMs = performance.now() + durationMs
	for (let at = 0; performance.now() < untilMs; at++) {
		const request = requests[at % requests.length]
		if (request === undefined) break
		const startMs = performance.now()
		const failure = await send(url, key, request)
		durations.push(performance.now() - startMs)
		if (failure !== undefined) failures.push(failure)
		await Bun.sleep(5)
	}
	durations.sort((a, b) => a - b)
	const quantile = (part: number) => durations[Math.min(durations.length - 1, Math.floor(durations.length * part))] ?? 0
	return {
		requests: durations.length,
		failures,
		p50Ms: quantile(0.5),
		p99Ms: quantile(0.99),
		longestMs: durations.at(-1) ?? 0,
	}
}

interface PoliteRequest {
	readonly path: string
	readonly body: object
}

const messages = [{ role: 'user', content: 'hello world' }]
const requests: readonly PoliteRequest[] = [
	{ path: '/v1/chat/completions', body: { model: 'echo', messages } },
	{ path: '/v1/chat/completions', body: { model: 'shared', messages } },
	{ path: '/v1/chat/completions', body: { model: 'shared', messages, stream: true } },
	{ path: '/v1/responses', body: { model: 'echo', input: 'hello world' } },
]

/** @returns why it failed. */
async function send(url: string, key: string, { path, body }: PoliteRequest): Promise<string | undefined> {
	try {
		const response = await fetch(url + path, {
			method: 'POST',
			headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
			body: JSON.stringify(body),
			signal: AbortSignal.timeout(30_000),
		})
		const text = await response.text()
		return response.ok && !text.includes('"error":{') ? undefined : `${response.status} ${text.slice(0, 200)}`
	} catch (thrown) {
		return String(thrown)
	}
}
