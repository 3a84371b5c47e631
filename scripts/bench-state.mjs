// npm run bench:state: measures stored state. Any other load on the machine distorts the results.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'

installDependencies({ dev: true })
const { status } = spawnSync(
	join(root, 'node_modules', '.bin', 'bun'),
	[join('bench', 'state', 'state.ts'), ...process.argv.slice(2)],
	{ cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
