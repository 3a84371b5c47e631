// Load for several minutes with every kind of failure: a model server that resets, truncates, fails and hangs, clients
// that disconnect. Afterwards nothing may remain: no socket, no call in flight, no memory beyond that of the first
// minute.

import { openFiles, usageOf } from './measured-process.ts'
import type { Contestant, Stage } from './stage.ts'

interface Rest {
	readonly openFiles: number
	readonly memoryMb: number
	readonly upstreamConnections: number
	/** Gauges of /metrics that count calls in flight or queued. */
	readonly busy: Readonly<Record<string, number>>
}

export interface SoakResult {
	readonly before: Rest
	readonly after: Rest
	/** The results of each load, over all rounds. */
	readonly loads: Readonly<Record<string, Totals>>
	/** Attempts on the upstreams, by upstream and outcome: the injected failures. */
	readonly attempts: Readonly<Record<string, number>>
	/** Leaks, and other unexpected results, one sentence each. */
	readonly problems: readonly string[]
}

interface Totals {
	readonly answers: number
	readonly failures: number
	readonly left: number
	readonly gone: number
}

/** Connections to upstreams stay open for 4 s after use, those of clients until the clients close them. */
const settleMs = 10_000
/** Permitted growth of memory: a heap is never collected completely. */
const memorySlackMb = 60

const mixture = [
	{ kind: 'unruly', model: 'faulty', connections: 60, seconds: 8 },
	{ kind: 'unruly', model: 'broken', connections: 1, seconds: 8 },
	{ kind: 'unruly', model: 'saved', connections: 8, seconds: 8 },
	{ kind: 'unruly', model: 'stream-100000-30', connections: 20, seconds: 1 },
	{ kind: 'closed', model: 'unary', connections: 8, seconds: 8 },
	{ kind: 'streams', model: 'stream-100000-30', connections: 300, seconds: 3 },
	{ kind: 'slow', model: 'endless', connections: 5, seconds: 5 },
] as const

/** @param report receives lines of progress. */
export async function soak(
	stage: Stage,
	dragoman: Contestant,
	minutes: number,
	report: (line: string) => void,
): Promise<SoakResult> {
	const loads: Record<string, Totals> = {}
	const round = async () => {
		const measured = await Promise.all(mixture.map((load) => stage.load(dragoman, load)))
		for (const [index, { kind, model }] of mixture.entries()) {
			const name = `${kind} ${model}`
			const { answers = 0, failures = 0, left = 0, gone = 0 } = measured[index]?.result ?? {}
			const so = loads[name] ?? { answers: 0, failures: 0, left: 0, gone: 0 }
			loads[name] = {
				answers: so.answers + answers,
				failures: so.failures + failures,
				left: so.left + left,
				gone: so.gone + gone,
			}
		}
	}
	await round()
	await Bun.sleep(settleMs)
	const before = await look(stage, dragoman)
	const untilMs = performance.now() + minutes * 60_000
	while (performance.now() < untilMs) {
		await round()
		const left = Math.max(0, (untilMs - performance.now()) / 60_000)
		report(`${left.toFixed(1)} min left, ${usageOf(dragoman.pid).memoryMb.toFixed(0)} MB`)
	}
	await Bun.sleep(settleMs)
	const after = await look(stage, dragoman)
	const attempts = await readMetrics(dragoman, /^dragoman_upstream_attempts_total(\S*) (\d+)$/gm)
	const problems = [...findLeaks(before, after), ...findGaps(loads, attempts)]
	return { before, after, loads, attempts, problems }
}

/** A soak without failures, or in which healthy upstreams failed, proves nothing. */
function findGaps(loads: SoakResult['loads'], attempts: SoakResult['attempts']): readonly string[] {
	const missing = ['upstream-failed', 'rate-limited', 'upstream-timeout', 'answered'].filter(
		(outcome) => !((attempts[`{upstream="faulty",outcome="${outcome}"}`] ?? 0) > 0),
	)
	const gaps = missing.map((outcome) => `no attempt on the faulty upstream ended with ${outcome}`)
	const refused = ['closed unary', 'streams stream-100000-30', 'unruly saved']
		.map((name) => [name, loads[name]?.failures ?? 0] as const)
		.filter(([, failures]) => failures > 0)
	return [...gaps, ...refused.map(([name, failures]) => `${failures} failures of '${name}', whose upstream is healthy`)]
}

function findLeaks(before: Rest, after: Rest): readonly string[] {
	if (Object.keys(after.busy).length === 0) return ['/metrics has no gauges of calls in flight']
	const leaks = Object.entries(after.busy)
		.filter(([, value]) => value !== 0)
		.map(([name, value]) => `${name} is ${value}`)
	if (after.upstreamConnections > 0) leaks.push(`${after.upstreamConnections} connections to the upstream are open`)
	if (after.openFiles > before.openFiles)
		leaks.push(`${after.openFiles - before.openFiles} more files and sockets are open`)
	if (after.memoryMb > before.memoryMb + memorySlackMb)
		leaks.push(`memory grew by ${(after.memoryMb - before.memoryMb).toFixed(0)} MB`)
	return leaks
}

async function look(stage: Stage, dragoman: Contestant): Promise<Rest> {
	const busy = await readMetrics(
		dragoman,
		/^(dragoman_(?:requests_running|upstream_running|upstream_waiting)\S*) (\d+)$/gm,
	)
	const { connections } = await stage.served()
	return {
		openFiles: openFiles(dragoman.pid),
		memoryMb: usageOf(dragoman.pid).memoryMb,
		upstreamConnections: connections,
		busy,
	}
}

async function readMetrics({ port }: Contestant, pattern: RegExp): Promise<Readonly<Record<string, number>>> {
	const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })
	const found = (await response.text()).matchAll(pattern)
	return Object.fromEntries([...found].map(([, name = '', value]) => [name, Number(value)]))
}
