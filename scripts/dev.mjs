// npm run dev: the server with the echo engine, without network or model, restarted at every change of the source.

import { join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { launchersVariable, ownPackageManager } from '../bin/launchers.mjs'
import { runChild } from '../bin/run-child.mjs'
import { installDependencies, root } from './dependencies.mjs'

const launchers = ownPackageManager()
installDependencies({ dev: true })
const env = { DRAGOMAN_DATA: '.dragoman-dev', DRAGOMAN_CONFIG: join('examples', 'echo.yaml'), ...process.env }
const bun = join(root, 'node_modules', '.bin', 'bun')
runChild(bun, [...bunFlags, '--watch', join('src', 'main.ts'), 'serve', ...process.argv.slice(2)], {
	cwd: root,
	env: { ...env, [launchersVariable]: [process.pid, ...launchers].join(' ') },
})
