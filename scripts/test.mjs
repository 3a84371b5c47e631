// npm test: all tests. Installs missing dependencies, runs each part, and ends with `N passed, N failed, N skipped`. A part that cannot be set
// up is skipped with its reason; with CI=true it counts as failed. Arguments select the parts to run; the default is all.

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
/** Environment variables for the tests: the locations of the requirements that the set-up found or created. */
const found = {}

/** Folders and files of `test` that run beside the others. */
const beside = [
	...['docs', 'fuzz', 'growth', 'openapi', 'sdk-fields', 'fidelity'].map((folder) => join('test', folder)),
	...[
		'admin-key',
		'command-mistakes',
		'command-states',
		'config-mistakes',
		'docs',
		'keys',
		'offline-install',
		'run',
		'systems',
		'terminal',
	].map((name) => join('test', `${name}.test.ts`)),
]

/** Tests of the page that measure what it costs: the only ones of their runner. */
const measured = ['budget', 'long-answers', 'reading', 'library'].map((name) => join('console', `${name}.test.ts`))

/** Each part with its requirements and its command. */
const parts = {
	check: {
		needs: [],
		run: () =>
			checks.forEach((check) => {
				const passed = runCheck(check)
				if (!passed) failures.push(`check: ${check.name}`)
				count({ passed: Number(passed), failed: Number(!passed), skipped: 0 })
			}),
	},
	unit: { needs: [setUpEngine], run: () => runBunTests('unit', ['bin', 'src', 'scripts']) },
	// Two runners at the same time: most of these tests wait for servers, and those of `beside` are commands and calculations
	// that nothing is timed in.
	end: {
		needs: [setUpEngine, setUpWeights],
		run: () => {
			// Pages of the documentation with Python are skipped without it.
			setUpPython(found)
			return Promise.all([
				runBunTests(
					'end',
					['test'],
					ignoring([
						'test/signals/**',
						'test/proxy/**',
						'test/alerts/**',
						'test/agents/**',
						'test/clients/**',
						...beside.map(patternOf),
					]),
				),
				runBunTests('beside', beside, [], 'quiet'),
			])
		},
	},
	// Separate and with limited concurrency: these tests measure how long processes take to exit.
	signals: {
		needs: [setUpEngine, setUpNode20, setUpNode24],
		run: () => runBunTests('signals', [join('test', 'signals')], ['--max-concurrency=3']),
	},
	postgres: {
		needs: [setUpPostgres],
		run: () =>
			runBunTests('postgres', [join('src', 'stores'), join('test', 'postgres')], ignoring(['src/stores/sqlite/**'])),
	},
	poolers: {
		needs: [setUpPostgres, setUpPgbouncer],
		run: () => runBunTests('poolers', [join('test', 'poolers')]),
	},
	// Only by its name, since it installs 1 GB: node scripts/test.mjs agents
	agents: {
		needs: [setUpAgents],
		byName: true,
		run: () => runBunTests('agents', [join('test', 'agents')]),
	},
	alerts: { needs: [setUpPromtool], run: () => runBunTests('alerts', [join('test', 'alerts')]) },
	proxy: { needs: [setUpNginx, setUpEgressProxies], run: () => runBunTests('proxy', [join('test', 'proxy'), 'bench']) },
	clients: {
		needs: [setUpEngine, setUpWeights, setUpPython],
		run: async () => {
			await runPythonTests()
			await runBunTests('pages', [join('test', 'clients')])
		},
	},
	browser: {
		needs: [setUpEngine, setUpWeights, setUpChromium],
		run: () => {
			// The code view's programs in Python; without an interpreter they are skipped here, and reported in "clients".
			setUpPython(found)
			return runBrowserTests()
		},
	},
}

// Before the tests, whose servers would otherwise build it at the same time.
spawnSync(bun, [...bunFlags, join('scripts', 'build-page.ts')], { cwd: root, stdio: 'inherit' })

const wanted = process.argv.slice(2)
for (const [name, { needs, byName = false, run }] of Object.entries(parts)) {
	if (wanted.length > 0 ? !wanted.includes(name) : byName) continue
	process.stdout.write(`\n== ${name}\n`)
	const missing = needs.map((setUp) => setUp(found)).filter((reason) => reason !== undefined)
	if (missing.length > 0) skip(name, missing)
	else await run()
}
process.stdout.write(failures.map((failure) => `\nfailed: ${failure}`).join(''))
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0

function skip(name, reasons) {
	const counted = process.env.CI === 'true' ? 'failed' : 'skipped'
	total[counted]++
	if (counted === 'failed') failures.push(`${name}: ${reasons.join('; ')}`)
	process.stdout.write(`${counted}: ${name}: ${reasons.join('; ')}\n`)
}

function ignoring(patterns) {
	return patterns.map((pattern) => `--path-ignore-patterns=${pattern}`)
}

function patternOf(path) {
	return path.endsWith('.ts') ? path : `${path}/**`
}

/** @param output `quiet` prints the output after the run. */
function runBunTests(name, paths, options = [], output = 'inherit') {
	const report = join(reports, `${name}.xml`)
	const args = ['test', '--timeout', '60000', '--reporter=junit', `--reporter-outfile=${report}`, ...options]
	const targets = paths.map((path) => (path.endsWith('.ts') ? `./${path}` : `./${path}/`))
	return runReported([bun, ...bunFlags, ...args, ...targets], report, output)
}

/** Two runners with one browser: most of these tests wait for the page. */
async function runBrowserTests() {
	const { chromium } = await import('playwright-core')
	const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
	const browser = await chromium.launchServer({ executablePath: found.DRAGOMAN_TEST_BROWSER, args })
	found.DRAGOMAN_TEST_BROWSER_ENDPOINT = browser.wsEndpoint()
	try {
		await Promise.all([
			runBunTests('browser', ['console'], [...ignoring(measured), '--max-concurrency=3']),
			runBunTests('measured', measured, [], 'quiet'),
		])
	} finally {
		delete found.DRAGOMAN_TEST_BROWSER_ENDPOINT
		await browser.close()
	}
}

function runPythonTests() {
	const report = join(reports, 'clients.xml')
	return runReported(
		[
			found.DRAGOMAN_TEST_PYTHON,
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
async function runReported([program, ...args], report, output = 'inherit') {
	const stdio = output === 'quiet' ? ['ignore', 'pipe', 'pipe'] : 'inherit'
	const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...found } })
	const printed = []
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => printed.push(bytes))
	const status = await new Promise((resolve) => child.on('close', resolve).on('error', () => resolve(null)))
	process.stdout.write(Buffer.concat(printed))
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
