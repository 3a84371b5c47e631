// The latency that durability adds to an answer: unary chats through a complete gateway at a modest rate, with strict
// and relaxed usage records alternately.

import { startServer, type TestServer } from '../../test/server.ts'

export interface DurabilityTimes {
	/** Milliseconds. */
	readonly strict: { readonly p50: number; readonly p99: number }
	readonly relaxed: { readonly p50: number; readonly p99: number }
}

const [rounds, callsPerRound, gapMs] = [4, 250, 8]

export async function measureDurability(): Promise<DurabilityTimes> {
	const open = (durability: string) =>
		startServer({
			config: `ledger: { durability: ${durability} }\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\nlog: { level: error }\n`,
		})
	const servers = { strict: await open('strict'), relaxed: await open('relaxed') }
	const times: Record<keyof typeof servers, number[]> = { strict: [], relaxed: [] }
	try {
		for (const name of ['strict', 'relaxed'] as const) await call(servers[name], 200)
		for (let round = 0; round < rounds; round++)
			for (const name of ['strict', 'relaxed'] as const) times[name].push(...(await call(servers[name], callsPerRound)))
	} finally {
		await Promise.all(Object.values(servers).map((server) => server.stop()))
	}
	return { strict: describe(times.strict), relaxed: describe(times.relaxed) }
}

/** Calls at a fixed rate, regardless of earlier answers. */
async function call(server: TestServer, calls: number): Promise<readonly number[]> {
	const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
	const startMs = performance.now()
	return Promise.all(
		Array.from({ length: calls }, async (_, call) => {
			const dueMs = startMs + call * gapMs
			await Bun.sleep(Math.max(0, dueMs - performance.now()))
			await (await server.call('/v1/chat/completions', body)).text()
			return performance.now() - dueMs
		}),
	)
}

function describe(times: number[]) {
	const sorted = times.toSorted((a, b) => a - b)
	const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
	return { p50: at(0.5), p99: at(0.99) }
}
