// Our memory during many requests or many short streams: a server that leaks memory with each of them grows without
// bound.

import type { Contestant, Stage } from './stage.ts'
import { type Row, slope } from './table.ts'

const loads = {
	requests: { kind: 'closed', model: 'unary', connections: 16 },
	streams: { kind: 'closed', model: 'stream-4-5', connections: 200 },
} as const

/** The slope over the second half: in the first half the heap reaches its usual size. */
export async function growth(
	stage: Stage,
	dragoman: Contestant,
	over: keyof typeof loads,
	count: number,
): Promise<Row> {
	const seconds = Math.max(60, count / 1000)
	const { course, result } = await stage.load(dragoman, { ...loads[over], seconds, requests: count })
	const half = course.slice(Math.floor(course.length / 2))
	const each = slope(half.map(({ answers, memoryMb }) => [answers, memoryMb]))
	const [first, last] = [half[0], half.at(-1)]
	return {
		measure: `memory growth over the second half of ${result.answers} ${over}, by its slope`,
		unit: 'MB',
		ours: each * ((last?.answers ?? 0) - (first?.answers ?? 0)),
		note: `from ${first?.memoryMb.toFixed(0)} to ${last?.memoryMb.toFixed(0)} MB in ${half.length} samples; ${result.failures} failures`,
		rounds: course,
	}
}
