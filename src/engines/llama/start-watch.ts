// Ends the start of a process that takes too long or too much memory, for example because its model file contains an
// endless loop. It does not know what the process loads.

import { readFile } from 'node:fs/promises'
import { totalMemory } from '../../system/available-memory.ts'
import type { Clock } from '../../system/clock.ts'

export interface StartBounds {
	/** Milliseconds until the process must be ready. */
	readonly timeoutMs: number
	/** Memory of the process until it is ready, without files that it maps, in bytes. Checked on Linux only. */
	readonly memoryBytes: number
}

/** 90 % of the memory of this machine or container, in bytes. */
export function usualMemoryBytes(): number {
	return Math.round(totalMemory() * 0.9)
}

const pollMs = 250

/**
 * Resolves with the reason when the process with this id exceeds a bound; with undefined when `signal` is aborted.
 */
export async function watchStart(
	pid: number,
	{ timeoutMs, memoryBytes }: StartBounds,
	clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
	signal: AbortSignal,
): Promise<string | undefined> {
	const untilMs = clock.monotonicMs() + timeoutMs
	while (!signal.aborted) {
		const leftMs = untilMs - clock.monotonicMs()
		if (leftMs <= 0) return `it was not ready after ${seconds(timeoutMs)} (startTimeoutMs)`
		const used = await anonymousMemory(pid)
		if (used > memoryBytes)
			return `it used ${megabytes(used)} MB of memory while it started, more than ${megabytes(memoryBytes)} MB (startMemory)`
		await clock.sleep(Math.min(pollMs, leftMs), signal).catch(() => undefined)
	}
	return undefined
}

/** Bytes of memory that no file contains; 0 if the system does not report it. */
async function anonymousMemory(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
	return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

function seconds(ms: number): string {
	return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1_000_000)
}
