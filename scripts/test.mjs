// npm test: all tests. Installs missing dependencies, runs the parts, several at the same time, and ends with
// `N passed, N failed, N skipped`. A part that cannot be set up is skipped with its reason; with CI=true it counts as
// failed. Arguments select the parts to run; the default is all.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { checks, runCheck } from './check.mjs'
import { root } from './dependencies.mjs'
import {
	setUpAgents,
	setUpChromium,
	setUpEgressProxies,
	setUpEngine,
	setUpNginx,
	setUpNode20,
	setUpNode24,
	setUpPgbouncer,
	setUpPostgres,
	setUpPromtool,
	setUpPython,
	setUpWeights,
} from './test-setup.mjs'

const bun = join(root, 'node_modules', '.bin', 'bun')
const reports = join(root, '.cache', 'reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

const total = { passed: 0, failed: 0, skipped: 0 }
/** Repeated at the end of the output. */
const failures = []

/** Folders and files of `test` in a lane of their own: about half of its time, and nothing is timed in them. */
const beside = [
	...['docs', 'fuzz', 'growth', 'openapi', 'sdk-fields', 'fidelity'].map((folder) => join('test', folder)),
	...[
		'admin-key',
		'backup',
		'command-mistakes',
		'command-states',
		'config-mistakes',
		'docs',
		'keys',
		'matrix',
		'offline-install',
		'run',
		'systems',
		'terminal',
	].map((name) => join('test', `${name}.test.ts`)),
]

/** Files of `test` whose answers have to arrive in time, so that they are alone. */
const timed = ['embedded-model', 'first-answer'].map((name) => join('test', `${name}.test.ts`))

/** Tests of the page that measure what it costs: the only ones of their runner. */
const measured = pageTests('budget', 'long-answers', 'reading', 'library')
/** Tests of the page that run after them, so that both runners take the same time. */
const afterMeasured = pageTests('accessibility', 'branches', 'composer')

/**
 * The parts with their requirements and their commands, in groups. Groups run one after the other, the lanes of a group
 * side by side, and the steps of a lane one after the other. Most tests wait for servers, so that three lanes occupy two
 * cores; a lane is alone if its tests measure how long something takes.
 */
const groups = [
	[
		[
			{
				part: 'check',
				run: () =>
					checks.forEach((check) => {
						const passed = runCheck(check)
						if (!passed) failures.push(`check: ${check.name}`)
						count({ passed: Number(passed), failed: Number(!passed), skipped: 0 })
					}),
			},
		],
	],
	[
		[
			{
				part: 'end',
				needs: [setUpEngine, setUpWeights],
				// Pages of the documentation with Python are skipped without it.
				uses: [setUpPython],
				run: (step) =>
					runBunTests(
						step,
						'end',
						['test'],
						ignoring([
							'test/signals/**',
							'test/proxy/**',
							'test/alerts/**',
							'test/agents/**',
							'test/clients/**',
							...[...beside, ...timed].map(patternOf),
						]),
					),
			},
		],
		[
			{
				part: 'end',
				needs: [setUpEngine, setUpWeights],
				uses: [setUpPython],
				run: (step) => runBunTests(step, 'beside', beside),
			},
			{
				part: 'clients',
				needs: [setUpEngine, setUpWeights, setUpPython],
				run: async (step) => {
					await runPythonTests(step)
					await runBunTests(step, 'pages', [join('test', 'clients')])
				},
			},
			{
				part: 'alerts',
				needs: [setUpPromtool],
				run: (step) => runBunTests(step, 'alerts', [join('test', 'alerts')]),
			},
		],
		[
			{
				part: 'postgres',
				needs: [setUpPostgres],
				run: (step) =>
					runBunTests(
						step,
						'postgres',
						[join('src', 'stores'), join('test', 'postgres')],
						ignoring(['src/stores/sqlite/**']),
					),
			},
			{
				part: 'poolers',
				needs: [setUpPostgres, setUpPgbouncer],
				run: (step) => runBunTests(step, 'poolers', [join('test', 'poolers')]),
			},
			{ part: 'unit', needs: [setUpEngine], run: (step) => runBunTests(step, 'unit', ['bin', 'src', 'scripts']) },
			{
				part: 'proxy',
				needs: [setUpNginx, setUpEgressProxies],
				run: (step) => runBunTests(step, 'proxy', [join('test', 'proxy'), 'bench']),
			},
		],
	],
	// With limited concurrency: these tests measure how long processes take to exit.
	[
		[
			{
				part: 'signals',
				needs: [setUpEngine, setUpNode20, setUpNode24],
				run: (step) => runBunTests(step, 'signals', [join('test', 'signals')], ['--max-concurrency=3']),
			},
			{ part: 'end', needs: [setUpEngine, setUpWeights], run: (step) => runBunTests(step, 'timed', timed) },
		],
	],
	[
		[
			{
				part: 'browser',
				needs: [setUpEngine, setUpWeights, setUpChromium],
				// The code view's programs in Python; without an interpreter they are skipped here, and reported in "clients".
				uses: [setUpPython],
				run: runBrowserTests,
			},
		],
	],
	// Only by its name, since it installs 1 GB: node scripts/test.mjs agents
	[
		[
			{
				part: 'agents',
				needs: [setUpAgents],
				byName: true,
				run: (step) => runBunTests(step, 'agents', [join('test', 'agents')]),
			},
		],
	],
]

// Before the tests, whose servers would otherwise build it at the same time.
spawnSync(bun, [...bunFlags, join('scripts', 'build-page.ts')], { cwd: root, stdio: 'inherit' })

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
			await run({ environment, output, print: (bytes) => printed.push(bytes) })
		} catch (thrown) {
			failures.push(`${part}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
			count({ passed: 0, failed: 1, skipped: 0 })
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

function pageTests(...names) {
	return names.map((name) => join('console', `${name}.test.ts`))
}

function ignoring(patterns) {
	return patterns.map((pattern) => `--path-ignore-patterns=${pattern}`)
}

function patternOf(path) {
	return path.endsWith('.ts') ? path : `${path}/**`
}

function runBunTests(step, name, paths, options = []) {
	const report = join(reports, `${name}.xml`)
	const args = ['test', '--timeout', '60000', '--reporter=junit', `--reporter-outfile=${report}`, ...options]
	const targets = paths.map((path) => (path.endsWith('.ts') ? `./${path}` : `./${path}/`))
	return runReported(step, [bun, ...bunFlags, ...args, ...targets], report)
}

/** Two runners with one browser: most of these tests wait for the page. */
async function runBrowserTests(step) {
	const { chromium } = await import('playwright-core')
	const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
	const browser = await chromium.launchServer({ executablePath: step.environment.DRAGOMAN_TEST_BROWSER, args })
	const environment = { ...step.environment, DRAGOMAN_TEST_BROWSER_ENDPOINT: browser.wsEndpoint() }
	const concurrency = '--max-concurrency=3'
	const runOthers = async (quiet) => {
		await runBunTests(quiet, 'measured', measured)
		await runBunTests(quiet, 'after-measured', afterMeasured, [concurrency])
	}
	try {
		await Promise.all([
			runBunTests(
				{ ...step, environment },
				'browser',
				['console'],
				[...ignoring([...measured, ...afterMeasured]), concurrency],
			),
			runOthers({ ...step, environment, output: 'quiet' }),
		])
	} finally {
		await browser.close()
	}
}

function runPythonTests(step) {
	const report = join(reports, 'clients.xml')
	return runReported(
		step,
		[
			step.environment.DRAGOMAN_TEST_PYTHON,
			'-m',
			'pytest',
			'-q',
			'-p',
			'no:cacheprovider',
			`--junitxml=${report}`,
			join('test', 'clients'),
		],
		report,
	)
}

/** Runs a test runner and adds the counts of its report. A runner that fails without a report counts as one failure. */
async function runReported({ environment, output, print }, [program, ...args], report) {
	const stdio = output === 'quiet' ? ['ignore', 'pipe', 'pipe'] : 'inherit'
	const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...environment } })
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', print)
	const status = await new Promise((resolve) => child.on('close', resolve).on('error', () => resolve(null)))
	const xml = existsSync(report) ? readFileSync(report, 'utf8') : ''
	const counts = readReport(xml)
	failures.push(...failedTests(xml))
	if (status !== 0 && counts.failed === 0) {
		counts.failed = 1
		failures.push(`${args.at(-1)}: exited with status ${status}`)
	}
	count(counts)
}

/** Names of the failed tests of a JUnit report. */
function failedTests(xml) {
	return [...xml.matchAll(/<testcase\b([^>]*)>\s*<(?:failure|error)\b/g)].map(([, head]) => {
		const attribute = (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(head)?.[1] ?? ''
		return `${attribute('file') || attribute('classname')}: ${attribute('name')}`
	})
}

/** Totals of a JUnit report, which are attributes of the outermost element or of its children. */
function readReport(xml) {
	const [, outer = ''] = /<testsuites\b([^>]*)>/.exec(xml) ?? []
	const heads = / tests="/.test(outer) ? [outer] : [...xml.matchAll(/<testsuite\b([^>]*)>/g)].map(([, head]) => head)
	const sum = (name) =>
		heads.reduce((all, head) => all + Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0), 0)
	const failed = sum('failures') + sum('errors')
	return { passed: sum('tests') - failed - sum('skipped'), failed, skipped: sum('skipped') }
}

function count({ passed, failed, skipped }) {
	total.passed += passed
	total.failed += failed
	total.skipped += skipped
}
