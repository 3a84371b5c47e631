// npm test: all tests. Installs missing dependencies, runs the parts, several at the same time, and ends with
// `N passed, N failed, N skipped`. A part that cannot be set up is skipped with its reason; with CI=true it counts as
// failed. Arguments select the parts to run; the default is all.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { root } from './dependencies.mjs'
import { groups } from './test-parts.mjs'
import { clearReports } from './test-runners.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
/** Repeated at the end of the output. */
const failures = []
const results = {
	count({ passed, failed, skipped }) {
		total.passed += passed
		total.failed += failed
		total.skipped += skipped
	},
	fail: (name) => failures.push(name),
}

clearReports()
// Before the tests, whose servers would otherwise build it at the same time.
spawnSync(join(root, 'node_modules', '.bin', 'bun'), [...bunFlags, join('scripts', 'build-page.ts')], {
	cwd: root,
	stdio: 'inherit',
})

const wanted = process.argv.slice(2)
const setUps = new Map()
/** Parts that are skipped, so that a part of several steps is counted once. */
const skipped = new Set()
for (const lanes of groups) {
	const steps = lanes.map((lane) => lane.filter(isWanted).filter(isPossible))
	const [first, ...others] = steps.filter((lane) => lane.length > 0)
	if (first !== undefined) await Promise.all([runLane(first, 'live'), ...others.map((lane) => runLane(lane, 'quiet'))])
}
process.stdout.write(failures.map((failure) => `\nfailed: ${failure}`).join(''))
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0

function isWanted({ part, byName = false }) {
	return wanted.length > 0 ? wanted.includes(part) : !byName
}

/** Sets up what the step needs; a step without it is counted as skipped. What it uses may be missing. */
function isPossible({ part, needs = [], uses = [] }) {
	const missing = needs.map((need) => setUpOnce(need).reason).filter((reason) => reason !== undefined)
	if (missing.length > 0 && !skipped.has(part)) skip(part, missing)
	if (missing.length > 0) skipped.add(part)
	else uses.forEach(setUpOnce)
	return missing.length === 0
}

/** Environment variables for the tests, with the location of what was found or created; or why it is missing. */
function setUpOnce(setUp) {
	const known = setUps.get(setUp)
	if (known !== undefined) return known
	const environment = {}
	const result = { reason: setUp(environment), environment }
	setUps.set(setUp, result)
	return result
}

/** @param output `quiet` prints the output of each step after the step. */
async function runLane(lane, output) {
	for (const { part, needs = [], uses = [], run } of lane) {
		const startedMs = performance.now()
		const printed = []
		const environment = Object.assign({}, ...[...needs, ...uses].map((setUp) => setUpOnce(setUp).environment))
		if (output === 'live') process.stdout.write(`\n== ${part}\n`)
		try {
			await run({ environment, output, print: (bytes) => printed.push(bytes), results })
		} catch (thrown) {
			results.fail(`${part}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
			results.count({ passed: 0, failed: 1, skipped: 0 })
		}
		const seconds = Math.round((performance.now() - startedMs) / 1000)
		if (output === 'quiet') process.stdout.write(`\n== ${part}, beside the others\n`)
		process.stdout.write(Buffer.concat(printed))
		process.stdout.write(`-- ${part}: ${seconds} s\n`)
	}
}

function skip(name, reasons) {
	const counted = process.env.CI === 'true' ? 'failed' : 'skipped'
	total[counted]++
	if (counted === 'failed') failures.push(`${name}: ${reasons.join('; ')}`)
	process.stdout.write(`${counted}: ${name}: ${reasons.join('; ')}\n`)
}
