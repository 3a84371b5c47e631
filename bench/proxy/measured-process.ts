// A process that is measured from outside, by the system's own accounts of it. Linux only.

import { readdirSync, readFileSync } from 'node:fs'
import type { Subprocess } from 'bun'

export interface Usage {
	/** Processor time since it began, all threads and its children's included, in microseconds; known to 10,000. */
	readonly cpuMicros: number
	/** Resident memory, in megabytes of 1,048,576 bytes. */
	readonly memoryMb: number
	/** The same without what others share. */
	readonly ownMemoryMb: number
}

/** What /proc counts in, on every Linux there is. */
const ticksPerSecond = 100

export interface StartOptions {
	/** The processor core that it runs on alone; any where taskset is missing. */
	readonly core: number
	/** File for what it says on standard error; lost where absent. */
	readonly log?: string
}

export function start(command: readonly string[], { core, log }: StartOptions): Subprocess<'ignore', 'pipe'> {
	const pinned = Bun.which('taskset') === null ? command : ['taskset', '-c', String(core), ...command]
	return Bun.spawn([...pinned], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: log === undefined ? 'ignore' : Bun.file(log),
	})
}

export function usageOf(pid: number): Usage {
	const pids = [pid, ...childrenOf(pid)]
	const sum = (read: (pid: number) => number) => pids.reduce((total, one) => total + read(one), 0)
	return {
		cpuMicros: sum(cpuTicks) * (1_000_000 / ticksPerSecond),
		memoryMb: sum((one) => rollup(one, 'Rss')) / 1024,
		ownMemoryMb: sum((one) => rollup(one, 'Pss')) / 1024,
	}
}

/** Open files and sockets. */
export function openFiles(pid: number): number {
	return readdirSync(`/proc/${pid}/fd`).length
}

/** Most files that a process started here may open. */
export function descriptorLimit(): number {
	const most = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
	return Number(most ?? 1024)
}

function childrenOf(pid: number): readonly number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function cpuTicks(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /s, '')
		.split(' ')
	return Number(fields[11]) + Number(fields[12])
}

function rollup(pid: number, name: 'Rss' | 'Pss'): number {
	return Number(
		new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0,
	)
}

/** Lines of a process as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder()
	let rest = ''
	for await (const bytes of stream) {
		const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
		rest = lines.pop() ?? ''
		yield* lines
	}
}
