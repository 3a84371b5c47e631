// Runs in the process of a server, before it: measures how long the event loop is occupied without a pause, in CPU time of its thread, so
// that other processes do not count. Writes what it measured since the last time to the file in DRAGOMAN_LOOP_PROBE, several times a
// second.

import { renameSync, writeFileSync } from 'node:fs'

export interface LoopBlocks {
	/** Increases with each report. */
	readonly report: number
	/** The longest pieces, in milliseconds, longest first. */
	readonly longestMs: readonly number[]
}

const file = process.env.DRAGOMAN_LOOP_PROBE
const everyMs = 200
const reported = 20

function cpuMs(): number {
	const { user, system } = process.threadCpuUsage()
	return (user + system) / 1000
}

if (file !== undefined) {
	let report = 0
	let pieces: number[] = []
	let last = cpuMs()
	let writtenMs = performance.now()
	const tick = () => {
		const now = cpuMs()
		pieces.push(now - last)
		const nowMs = performance.now()
		if (nowMs - writtenMs >= everyMs) {
			pieces.sort((a, b) => b - a)
			const blocks: LoopBlocks = { report: ++report, longestMs: pieces.slice(0, reported) }
			writeFileSync(`${file}.${report}.new`, JSON.stringify(blocks))
			renameSync(`${file}.${report}.new`, `${file}.${report}`)
			pieces = []
			writtenMs = nowMs
		}
		last = cpuMs()
	}
	setInterval(tick, 1).unref()
}
