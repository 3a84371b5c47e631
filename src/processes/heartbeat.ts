// The heartbeat of this process in the database, and the watch over those of the others. A process is dead if its count
// of beats does not change for `deadAfterMs` of this process's monotonic clock, while this process itself can beat: no
// clock is compared with another one, and an outage of the database, or a pause of this process, starts the watch anew.
// It does not know what the end of a process means for its turns: the store does.

import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { KnownProcess, ProcessStore } from './process-store.ts'

export interface HeartbeatOptions {
	readonly store: ProcessStore
	/** This process. */
	readonly process: string
	readonly host: string
	/** Time between two beats, in milliseconds. */
	readonly everyMs: number
	/** Time without a beat after which another process is dead, in milliseconds; at least `3 * everyMs`. */
	readonly deadAfterMs: number
	readonly clock: Clock
	/** A monotonic clock, in milliseconds. */
	readonly monotonicMs: () => number
	readonly log: Log
}

interface Observation {
	readonly beats: number
	/** When this count was first read, by the monotonic clock. */
	readonly sinceMs: number
}

/** Time after which a beat that failed is repeated, in milliseconds. */
const retryMs = 1000

export class Heartbeat {
	private readonly options: HeartbeatOptions
	private readonly throttled: ThrottledLog
	private readonly closing = new AbortController()
	private readonly observed = new Map<string, Observation>()
	private generation = 0
	private lastMs = Number.NEGATIVE_INFINITY
	private running: Promise<void> = Promise.resolve()
	/** Number of other processes that this one found dead and ended. */
	endedProcesses = 0

	private constructor(options: HeartbeatOptions) {
		this.options = options
		this.throttled = new ThrottledLog(options.log, options.clock)
	}

	/**
	 * Registers this process, and beats until it is closed.
	 *
	 * @throws the error of the database.
	 */
	static async open(options: HeartbeatOptions): Promise<Heartbeat> {
		const heartbeat = new Heartbeat(options)
		await heartbeat.beat()
		heartbeat.running = heartbeat.run()
		return heartbeat
	}

	/** Removes this process from the database, unless it has running turns. Never rejects. */
	async close(): Promise<void> {
		this.closing.abort()
		await this.running
		// If it fails, the others find that this process is dead.
		await this.options.store.leave(this.options.process).catch(() => undefined)
	}

	private async run(): Promise<void> {
		const { everyMs } = this.options
		let pauseMs = everyMs
		while (await this.sleep(pauseMs)) {
			try {
				await this.beat()
				await this.observe()
				pauseMs = everyMs
			} catch (thrown) {
				this.throttled.write('warn', { err: thrown }, 'the heartbeat of this process cannot be written')
				pauseMs = Math.min(everyMs, retryMs)
			}
		}
	}

	private async beat(): Promise<void> {
		const { store, process: id, host, log } = this.options
		const generation = await store.beat({ id, host, generation: this.generation + 1 })
		if (this.generation > 0 && generation !== this.generation)
			log.warn(
				{ process: id },
				'other processes considered this one dead, because it did not reach the database in time: turns that were running are interrupted',
			)
		this.generation = generation
	}

	/** Reads the beats of the others after this process has beaten, and ends those that are dead. */
	private async observe(): Promise<void> {
		const { store, process: own, everyMs, deadAfterMs, monotonicMs } = this.options
		const processes = await store.list()
		const nowMs = monotonicMs()
		// The others need the time that this process did not see to beat again.
		if (nowMs - this.lastMs > 2 * everyMs) this.observed.clear()
		this.lastMs = nowMs
		const known = new Set(processes.map(({ id }) => id))
		for (const id of this.observed.keys()) if (!known.has(id)) this.observed.delete(id)
		for (const process of processes) {
			if (process.id === own) continue
			const last = this.observed.get(process.id)
			if (last?.beats !== process.beats) this.observed.set(process.id, { beats: process.beats, sinceMs: nowMs })
			else if (nowMs - last.sinceMs >= deadAfterMs) await this.end(process)
		}
	}

	private async end(process: KnownProcess): Promise<void> {
		const { store, clock, log } = this.options
		const turns = await store.end(process, clock.now())
		this.observed.delete(process.id)
		if (turns === undefined) return
		this.endedProcesses++
		log.warn(
			{ process: process.id, host: process.host, turns },
			'a process stopped writing its heartbeat: its running turns are interrupted',
		)
	}

	/** @returns false once it is being closed. */
	private sleep(ms: number): Promise<boolean> {
		return this.options.clock.sleep(ms, this.closing.signal).then(
			() => true,
			() => false,
		)
	}
}
