// A process that is measured from outside, by the system's own accounts of it. Linux only.

import { readdirSync, readFileSync } from 'node:fs'
import type { Subprocess } from 'bun'

export interface Usage {
	/** Processor time since it began, its children's included, in microseconds. */
	readonly cpuMicros: number
	/** Resident memory, in megabytes. */
	readonly memoryMb: number
}

const ticksPerSecond = 100

/** @param core the processor core that it runs on alone; any where taskset is missing. */
export function start(
	command: readonly string[],
	core: number,
	environment: Readonly<Record<string, string>> = {},
): Subprocess<'ignore', 'pipe', 'ignore'> {
	const pinned = Bun.which('taskset') === null ? command : ['taskset', '-c', String(core), ...command]
	return Bun.spawn([...pinned], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'ignore',
		env: { ...process.env, ...environment },
	})
}

export function usageOf(pid: number): Usage {
	const pids = [pid, ...childrenOf(pid)]
	return {
		cpuMicros: pids.reduce((sum, one) => sum + cpuTicks(one), 0) * (1_000_000 / ticksPerSecond),
		memoryMb: pids.reduce((sum, one) => sum + residentKb(one), 0) / 1024,
	}
}

/** Open files and sockets. */
export function openFiles(pid: number): number {
	return readdirSync(`/proc/${pid}/fd`).length
}

function childrenOf(pid: number): readonly number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function cpuTicks(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /, '')
		.split(' ')
	return Number(fields[11]) + Number(fields[12])
}

function residentKb(pid: number): number {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
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
