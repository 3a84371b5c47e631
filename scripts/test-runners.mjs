// The runners of tests: Bun's, the one of the page, and pytest. Each adds the counts of its report to the results. It does not
// know which tests belong together (test-parts.mjs).

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { root } from './dependencies.mjs'

const bun = join(root, 'node_modules', '.bin', 'bun')
const reports = join(root, '.cache', 'reports')

/** Tests of the page that measure what it costs: the only ones of their runner. */
const measured = pageTests('budget', 'long-answers', 'reading', 'library')
/** Tests of the page that run after them, so that both runners take the same time. */
const afterMeasured = pageTests('accessibility', 'branches', 'composer')

/** Removes the reports of an earlier run. */
export function clearReports() {
	rmSync(reports, { recursive: true, force: true })
	mkdirSync(reports, { recursive: true })
}

export function ignoring(patterns) {
	return patterns.map((pattern) => `--path-ignore-patterns=${pattern}`)
}

function pageTests(...names) {
	return names.map((name) => join('console', `${name}.test.ts`))
}

/** @param step what the test runs with: environment variables, where its output goes, and the results. */
export function runBunTests(step, name, paths, options = []) {
	const report = join(reports, `${name}.xml`)
	const args = ['test', '--timeout', '60000', '--reporter=junit', `--reporter-outfile=${report}`, ...options]
	const targets = paths.map((path) => (path.endsWith('.ts') ? `./${path}` : `./${path}/`))
	return runReported(step, [bun, ...bunFlags, ...args, ...targets], report)
}

/** Two runners with one browser: most of these tests wait for the page. */
export async function runBrowserTests(step) {
	const { chromium } = await import('playwright-core')
	const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
	const browser = await chromium.launchServer({ executablePath: step.environment.DRAGOMAN_TEST_BROWSER, args })
	const environment = { ...step.environment, DRAGOMAN_TEST_BROWSER_ENDPOINT: browser.wsEndpoint() }
	const concurrency = '--max-concurrency=2'
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

export function runPythonTests(step) {
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
async function runReported({ environment, output, print, results }, [program, ...args], report) {
	const stdio = output === 'quiet' ? ['ignore', 'pipe', 'pipe'] : 'inherit'
	const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...environment } })
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', print)
	const status = await new Promise((resolve) => child.on('close', resolve).on('error', () => resolve(null)))
	const xml = existsSync(report) ? readFileSync(report, 'utf8') : ''
	const counts = readReport(xml)
	for (const name of failedTests(xml)) results.fail(name)
	if (status !== 0 && counts.failed === 0) {
		counts.failed = 1
		results.fail(`${args.at(-1)}: exited with status ${status}`)
	}
	results.count(counts)
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
