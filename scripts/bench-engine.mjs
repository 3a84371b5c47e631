// npm run bench:engine: sets up and runs the measurement of the engine. Any other load on the machine distorts the results.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'
import { setUpEngine, setUpWeights } from './test-setup.mjs'

installDependencies({ dev: true })
const found = {}
for (const setUp of [setUpEngine, setUpWeights]) {
	const reason = setUp(found)
	if (reason === undefined) continue
	process.stderr.write(`${reason}\n`)
	process.exit(1)
}
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'bun'), [join('bench', 'engine.ts')], {
	cwd: root,
	stdio: 'inherit',
	env: { ...process.env, ...found },
})
process.exitCode = status ?? 1
