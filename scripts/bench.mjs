// npm run bench: sets up what the comparison with nginx needs, then runs it; arguments are handed on. Any other work on the machine
// falsifies what it measures.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'
import { setUpNginx } from './test-setup.mjs'

installDependencies({ dev: true })
const reason = setUpNginx()
if (reason !== undefined) {
	process.stderr.write(`${reason}\n`)
	process.exit(1)
}
const { status } = spawnSync(
	join(root, 'node_modules', '.bin', 'bun'),
	[join('bench', 'proxy', 'proxy.ts'), ...process.argv.slice(2)],
	{ cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
