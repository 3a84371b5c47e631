// A CPU profile by the runtime's own sampling: functions by self time. A profiled process is slower, so none of this is
// in the table.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface CallFrame {
	readonly functionName: string
	readonly url: string
	readonly lineNumber: number
}

/** The fields used of `Profiler.Profile` in V8's inspector protocol. */
export interface CpuProfile {
	readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
	readonly samples: readonly number[]
	/** Microseconds. */
	readonly timeDeltas: readonly number[]
}

export interface HotFunction {
	readonly name: string
	/** Fraction of the sampled time, without idle time. */
	readonly share: number
}

export function hottest({ nodes, samples, timeDeltas }: CpuProfile, count: number): readonly HotFunction[] {
	const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
	const times = new Map<string, number>()
	let total = 0
	for (const [at, id] of samples.entries()) {
		const name = names.get(id) ?? ''
		if (name === '(idle)') continue
		const time = timeDeltas[at] ?? 0
		total += time
		times.set(name, (times.get(name) ?? 0) + time)
	}
	return [...times]
		.map(([name, time]) => ({ name, share: time / total }))
		.sort((a, b) => b.share - a.share)
		.slice(0, count)
}

/** The one profile in `folder`. */
export async function readProfile(folder: string): Promise<CpuProfile> {
	const name = (await readdir(folder)).find((file) => file.endsWith('.cpuprofile'))
	if (name === undefined) throw new Error('the runtime wrote no profile')
	return JSON.parse(await readFile(join(folder, name), 'utf8'))
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
	const file = url.replace(/^.*\/(src|node_modules)\//, '$1/')
	return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
}
