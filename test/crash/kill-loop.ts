// Load, `kill -9` at a random moment, a new start on the same data, and a look at whether anything was lost: again and
// again.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomOf } from '../../src/system/random.testing.ts'
import { startServer, type TestServer, temporaryFolder } from '../server.ts'
import { startCountingUpstream } from './counting-upstream.ts'
import { examine, type Findings } from './evidence.ts'
import { type ClientCall, startLoad } from './load.ts'

export interface KillLoopOptions {
	readonly rounds: number
	readonly seed: number
	/** Longest time under load in a round, in milliseconds. */
	readonly longestMs: number
	/** URL of an empty PostgreSQL database; SQLite where absent. */
	readonly database?: string
	readonly report: (line: string) => void
}

/** @returns what was found after the last round, or after the first that something was wrong with. */
export async function killLoop(options: KillLoopOptions): Promise<Findings> {
	const upstream = startCountingUpstream()
	const data = await temporaryFolder()
	const random = randomOf(options.seed)
	const calls: ClientCall[] = []
	let key = ''
	let findings: Findings = { turns: 0, entries: 0, interrupted: 0, violations: [] }
	try {
		for (let round = 1; round <= options.rounds && findings.violations.length === 0; round++) {
			const server = withKey(await start(data, upstream.url, options.database), key)
			key = server.key
			const load = startLoad(server, round, random)
			const loadMs = 150 + Math.floor(random() * options.longestMs)
			await Bun.sleep(loadMs)
			const killedMs = performance.now()
			await server.stop('SIGKILL')
			await load.over
			for (const one of load.calls) one.killedMs = killedMs
			calls.push(...load.calls)
			const again = withKey(await start(data, upstream.url, options.database), key)
			const database = options.database ?? `sqlite://${join(data, 'dragoman.sqlite')}`
			findings = await examine({ server: again, upstream, database, calls })
			await again.stop()
			const { turns, entries, interrupted, violations } = findings
			options.report(
				`round ${round}: killed after ${loadMs} ms; ${turns} answers received, ${entries} usage records, ${interrupted} interrupted, ${violations.length} complaints`,
			)
		}
		for (const violation of findings.violations) options.report(violation)
		return findings
	} finally {
		await upstream.stop()
		await rm(data, { recursive: true, force: true })
	}
}

function start(data: string, url: string, database: string | undefined): Promise<TestServer> {
	const config = {
		...(database === undefined ? {} : { database }),
		models: { m: { route: ['mock'] } },
		upstreams: { mock: { engine: 'openai-compatible', url } },
	}
	return startServer({ data, config: JSON.stringify(config) })
}

/** The first key is printed by the first start alone. */
function withKey(server: TestServer, key: string): TestServer {
	if (key === '') return server
	return {
		...server,
		key,
		call: (path, body, headers = {}) =>
			fetch(server.url + path, {
				method: body === undefined ? 'GET' : 'POST',
				headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			}),
	}
}
