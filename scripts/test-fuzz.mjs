// npm run test:fuzz: mutated requests of every dialect. Arguments are passed on.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'

installDependencies({ dev: true })
const { status } = spawnSync(
	join(root, 'node_modules', '.bin', 'bun'),
	[join('test', 'fuzz', 'run.ts'), ...process.argv.slice(2)],
	{ cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
