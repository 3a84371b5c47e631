// npm run test:signals: every combination of start command, signal, receiver, response and Node version, as a table.
// Arguments are words that the names of the cases must contain, e.g. `npm run test:signals -- workers SIGINT`.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'
import { setUpEngine, setUpNode20, setUpNode24 } from './test-setup.mjs'

installDependencies({ dev: true })
const found = {}
const missing = [setUpEngine, setUpNode20, setUpNode24]
	.map((setUp) => setUp(found))
	.filter((reason) => reason !== undefined)
if (missing.length > 0) {
	process.stderr.write(`${missing.join('\n')}\n`)
	process.exit(1)
}
const bun = join(root, 'node_modules', '.bin', 'bun')
const { status } = spawnSync(bun, [join('test', 'signals', 'run-all.ts'), ...process.argv.slice(2)], {
	cwd: root,
	stdio: 'inherit',
	env: { ...process.env, ...found },
})
process.exitCode = status ?? 1
