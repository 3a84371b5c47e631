// A process that is measured from outside, through /proc. Linux only.

import { readdirSync, readFileSync } from 'node:fs'
import type { Subprocess } from 'bun'

export interface Usage {
	/** CPU time since its start, with all threads and children, in microseconds; the resolution is 10,000. */
	readonly cpuMicros: number
	/** Resident memory, in megabytes of 1,048,576 bytes. */
	readonly memoryMb: number
	/** The same without pages that other processes share. */
	readonly ownMemoryMb: number
}

/** The unit of /proc, on every Linux. */
const ticksPerSecond = 100

export interface StartOptions {
	/** The CPU core that it runs on alone; any core if taskset is missing. */
	readonly core: number
	/** File for its standard error; discarded if absent. */
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

/** Maximum number of files that a process started here may open. */
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

/** Lines of a process as they arrive. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder()
	let rest = ''
	for await (const bytes of stream) {
		const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
		rest = lines.pop() ?? ''
		yield* lines
	}
}
