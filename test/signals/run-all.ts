// The whole matrix of signals, three cases side by side. Prints a line for each case as it ends, then a table of what
// did not hold. Stops to begin cases after half an hour.

import { allCases } from './all-pairs.ts'
import { dimensions, isAllowed, nameOf, type SignalCase } from './cases.ts'
import { runCase } from './run-case.ts'

const sideBySide = 3
const longestMs = 1_800_000

interface Outcome {
	readonly name: string
	/** Undefined if everything held. */
	readonly failure: string | undefined
}

const words = process.argv.slice(2)
const cases = allCases(dimensions, isAllowed).filter((one) => words.every((word) => nameOf(one).includes(word)))
const waiting = [...cases]
const outcomes: Outcome[] = []

async function work(): Promise<void> {
	for (;;) {
		const one = waiting.shift()
		if (one === undefined) return
		outcomes.push(await outcomeOf(one))
	}
}

async function outcomeOf(one: SignalCase): Promise<Outcome> {
	const name = nameOf(one)
	if (performance.now() > longestMs) return { name, failure: 'not run: the time is over' }
	const startedMs = performance.now()
	const failure = await runCase(one).then(
		() => undefined,
		(thrown: unknown) => String(thrown),
	)
	const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)
	console.log(`${failure === undefined ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}`)
	return { name, failure }
}

/** How many of the cases with each two values of `start` and `to` held. */
function table(): string {
	const rows = dimensions.start.map((start) =>
		[
			start.padEnd(12),
			...dimensions.to.map((to) => {
				const names = new Set(cases.filter((one) => one.start === start && one.to === to).map(nameOf))
				const run = outcomes.filter(({ name }) => names.has(name))
				return (
					run.length === 0 ? '-' : `${run.filter(({ failure }) => failure === undefined).length}/${run.length}`
				).padEnd(8)
			}),
		].join(''),
	)
	return [`${''.padEnd(12)}${dimensions.to.map((to) => to.padEnd(8)).join('')}`, ...rows].join('\n')
}

await Promise.all(Array.from({ length: sideBySide }, work))
const failed = outcomes.filter(({ failure }) => failure !== undefined)
console.log(`\n${table()}\n`)
for (const { name, failure } of failed) console.log(`failed: ${name}\n${failure}\n`)
console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)
