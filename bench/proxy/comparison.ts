// The measures of the comparison. nginx and Dragoman are loaded alternately in each round, so that a busy moment of the
// machine affects both; the table has the median of the rounds' ratios.

import { growth } from './growth.ts'
import type { Load } from './load-description.ts'
import { descriptorLimit, usageOf } from './measured-process.ts'
import type { Contestant, Measured, Served, Stage } from './stage.ts'
import { median, type Row } from './table.ts'

export interface Contestants {
	readonly nginx: Contestant
	readonly dragoman: Contestant
}

/** Durations and repetitions. */
export interface Pace {
	readonly warmUpSeconds: number
	readonly seconds: number
	readonly rounds: number
	/** Number of requests and streams over which memory is measured; 0 skips this. */
	readonly requests: number
	readonly streams: number
	/** Whether to hold as many streams as the aims require, or only a thousand. */
	readonly manyStreams: boolean
}

type Pair = readonly [nginx: Measured, dragoman: Measured]

export class Comparison {
	private readonly stage: Stage
	private readonly contestants: Contestants
	private readonly pace: Pace

	constructor(stage: Stage, contestants: Contestants, pace: Pace) {
		this.stage = stage
		this.contestants = contestants
		this.pace = pace
	}

	/** @param report called with each row once it is measured. */
	async run(report: (row: Row) => void): Promise<readonly Row[]> {
		const rows: Row[] = []
		const add = (...measured: readonly Row[]) => {
			rows.push(...measured)
			for (const row of measured) report(row)
		}
		// First, before there is a heap whose shrinking could hide the growth.
		add(await this.slowClient())
		await this.warmUp()
		const unary = await this.unary()
		add(...unary)
		add(...(await this.latency(Math.floor((unary[1]?.ours ?? 0) / 2))))
		add(...(await this.streams()))
		if (this.pace.manyStreams) add(await this.manyStreams())
		const { dragoman } = this.contestants
		for (const over of ['requests', 'streams'] as const)
			if (this.pace[over] > 0) add(await growth(this.stage, dragoman, over, this.pace[over]))
		return rows
	}

	/** Warm-up: code is compiled while it runs, so a server that was just started is slower. */
	private async warmUp(): Promise<void> {
		const { nginx, dragoman } = this.contestants
		await this.stage.load(nginx, this.saturation(1))
		await this.stage.load(dragoman, this.saturation(this.pace.warmUpSeconds))
	}

	private async unary(): Promise<readonly Row[]> {
		const pairs = await this.alternate(this.saturation(this.pace.seconds))
		const bare = await this.stage.load(this.stage.direct, this.saturation(this.pace.seconds))
		return [
			ratioRow('CPU per unary request', 'µs', pairs, cpuPer('answers'), 2),
			ratioRow('unary requests a second, saturated', '', pairs, ({ result }) => result.perSecond ?? 0),
			{
				measure: 'the same without a proxy: the limit of model server and load',
				unit: '',
				ours: bare.result.perSecond ?? 0,
				nginx: bare.result.perSecond ?? 0,
			},
		]
	}

	/** The latency that a proxy adds. */
	private async latency(rate: number): Promise<readonly Row[]> {
		const load = { kind: 'open', model: 'unary', connections: 64, seconds: this.pace.seconds, rate } as const
		const rounds: Record<string, number>[] = []
		const { nginx, dragoman } = this.contestants
		for (let round = 0; round < this.pace.rounds; round++) {
			const [bare, theirs, own] = [
				await this.stage.load(this.stage.direct, load),
				await this.stage.load(nginx, load),
				await this.stage.load(dragoman, load),
			]
			const added = (of: Measured, which: 'p50Ms' | 'p99Ms') => (of.result[which] ?? 0) - (bare.result[which] ?? 0)
			rounds.push({
				bareP50: bare.result.p50Ms ?? 0,
				bareP99: bare.result.p99Ms ?? 0,
				nginxP50: added(theirs, 'p50Ms'),
				nginxP99: added(theirs, 'p99Ms'),
				oursP50: added(own, 'p50Ms'),
				oursP99: added(own, 'p99Ms'),
				failures: own.result.failures ?? 0,
			})
		}
		const middle = (name: string) => median(rounds.map((values) => values[name] ?? 0))
		return (['P50', 'P99'] as const).map((which) => {
			const [ours, theirs] = [middle(`ours${which}`), middle(`nginx${which}`)]
			const aim = which === 'P99' ? { aim: { of: 'ratio', atMost: 2 } as const } : {}
			const note = `without a proxy ${middle(`bare${which}`).toFixed(2)}`
			const measure = `latency added at ${rate} requests a second, ${which.toLowerCase()}`
			return { measure, unit: 'ms', ours, nginx: theirs, ratio: ours / theirs, ...aim, note, rounds }
		})
	}

	private async streams(): Promise<readonly Row[]> {
		const pairs = await this.alternate(this.held(1000, 'stream-100000-30'))
		const lost = Math.max(...pairs.flat().map(({ result }) => result.failures ?? 0))
		const [, last] = pairs.at(-1) ?? []
		return [
			{
				...ratioRow('CPU per stream event, 1,000 streams 30 ms apart', 'µs', pairs, cpuPer('events'), 1.1),
				note: `${Math.round(last?.result.perSecond ?? 0)} events a second${lost > 0 ? `, ${lost} streams lost` : ''}`,
			},
			{
				...ratioRow('memory at 1,000 streams', 'MB', pairs, ({ after }) => after.memoryMb),
				aim: { of: 'ours', atMost: 100 },
			},
		]
	}

	/** Each stream needs two file descriptors of a proxy. */
	private async manyStreams(): Promise<Row> {
		const count = Math.min(10_000, Math.floor((descriptorLimit() - 500) / 200) * 100)
		const { nginx, dragoman } = this.contestants
		const load = { ...this.held(count, 'stream-100000-1000'), seconds: 4 }
		const pair = [await this.stage.load(nginx, load), await this.stage.load(dragoman, load)] as const
		return {
			...ratioRow(`memory at ${count} streams`, 'MB', [pair], ({ after }) => after.memoryMb),
			aim: { of: 'ours', atMost: 500 },
			note: `${pair[1].result.open} open${count < 10_000 ? `; no process may open more than ${descriptorLimit()} files here` : ''}`,
		}
	}

	/**
	 * A client that stops reading an endless answer: how much the model server could send, and how much memory we hold.
	 */
	private async slowClient(): Promise<Row> {
		const { dragoman } = this.contestants
		await this.stage.load(dragoman, { ...this.saturation(1), connections: 1, requests: 200 })
		// The connection of this call is closed by then, so the one of the slow answer is the only one.
		await Bun.sleep(6000)
		const [begin, memory] = [await this.stage.served(), usageOf(dragoman.pid).memoryMb]
		const running = this.stage.load(dragoman, { kind: 'slow', model: 'endless', connections: 1, seconds: 7 })
		await Bun.sleep(3000)
		const early = await this.stage.served()
		await Bun.sleep(2000)
		const late = await this.stage.served()
		const grown = usageOf(dragoman.pid).memoryMb - memory
		const { result } = await running
		const megabytes = (from: Served) => ((late.endlessBytes - from.endlessBytes) / 1e6).toFixed(1)
		// The memory of a stream that was cut off does not grow either, which would prove nothing.
		const alive = late.connections === 1 && (result.bytesLate ?? 0) > 0
		const taken = `the model server got rid of ${megabytes(begin)} MB, ${megabytes(early)} MB of it in the last 2 s`
		const again = `read again, ${((result.bytesLate ?? 0) / 1e6).toFixed(0)} MB came in a second`
		return {
			measure: 'memory taken by a client that does not read an endless answer',
			unit: 'MB',
			...(alive ? { ours: grown } : {}),
			aim: { of: 'ours', atMost: 20 },
			note: alive ? `${taken}; ${again}` : 'not measured: the stream broke off',
		}
	}

	private saturation(seconds: number): Omit<Load, 'port' | 'key'> {
		return { kind: 'closed', model: 'unary', connections: 32, seconds }
	}

	private held(connections: number, model: string): Omit<Load, 'port' | 'key'> {
		return { kind: 'streams', model, connections, seconds: this.pace.seconds }
	}

	private async alternate(load: Omit<Load, 'port' | 'key'>): Promise<readonly Pair[]> {
		const { nginx, dragoman } = this.contestants
		const pairs: Pair[] = []
		for (let round = 0; round < this.pace.rounds; round++)
			pairs.push([await this.stage.load(nginx, load), await this.stage.load(dragoman, load)])
		return pairs
	}
}

function cpuPer(what: 'answers' | 'events'): (measured: Measured) => number {
	return ({ before, after, result }) => (after.cpuMicros - before.cpuMicros) / (result[what] ?? 0)
}

function ratioRow(
	measure: string,
	unit: string,
	pairs: readonly Pair[],
	value: (measured: Measured) => number,
	atMost?: number,
): Row {
	const rounds = pairs.map(([theirs, own]) => ({ nginx: value(theirs), ours: value(own) }))
	return {
		measure,
		unit,
		ours: median(rounds.map(({ ours }) => ours)),
		nginx: median(rounds.map(({ nginx }) => nginx)),
		ratio: median(rounds.map(({ ours, nginx }) => ours / nginx)),
		...(atMost === undefined ? {} : { aim: { of: 'ratio', atMost } }),
		rounds,
	}
}
