// npm run bench:state: measures what is kept. Any other work on the machine falsifies what it measures.

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
