// npm run bench: sets up and runs the comparison with nginx; arguments are passed on. Any other load on the machine distorts the results.

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
