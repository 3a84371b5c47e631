// The parts of the test suite, and which of them run at the same time. It does not know how a test runner is called
// (test-runners.mjs).

import { join } from 'node:path'
import { checks, runCheck } from './check.mjs'
import { ignoring, runBrowserTests, runBunTests, runPythonTests } from './test-runners.mjs'
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

/**
 * The parts with their requirements and their commands, in groups. Groups run one after the other, the lanes of a group
 * side by side, and the steps of a lane one after the other. Two lanes occupy two cores, and with a third one, tests
 * with short time limits fail; a lane is alone if its tests measure how long something takes.
 */
export const groups = [
	[
		[
			{
				part: 'check',
				run: ({ results }) =>
					checks.forEach((check) => {
						const passed = runCheck(check)
						if (!passed) results.fail(`check: ${check.name}`)
						results.count({ passed: Number(passed), failed: Number(!passed), skipped: 0 })
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
			{
				part: 'clients',
				needs: [setUpEngine, setUpWeights, setUpPython],
				run: async (step) => {
					await runPythonTests(step)
					await runBunTests(step, 'pages', [join('test', 'clients')])
				},
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
				part: 'alerts',
				needs: [setUpPromtool],
				run: (step) => runBunTests(step, 'alerts', [join('test', 'alerts')]),
			},
		],
	],
	[
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
		],
		[
			{ part: 'unit', needs: [setUpEngine], run: (step) => runBunTests(step, 'unit', ['bin', 'src', 'scripts']) },
			{
				part: 'proxy',
				needs: [setUpNginx, setUpEgressProxies],
				run: (step) => runBunTests(step, 'proxy', [join('test', 'proxy'), 'bench']),
			},
			{
				part: 'poolers',
				needs: [setUpPostgres, setUpPgbouncer],
				run: (step) => runBunTests(step, 'poolers', [join('test', 'poolers')]),
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

function patternOf(path) {
	return path.endsWith('.ts') ? path : `${path}/**`
}
