// npm run dev: the server on the echo engine, without network or model, started anew at every change of the source.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { installDependencies, root } from './dependencies.mjs'

installDependencies({ dev: true })
const env = { DRAGOMAN_DATA: '.dragoman-dev', DRAGOMAN_CONFIG: join('examples', 'echo.yaml'), ...process.env }
const bun = join(root, 'node_modules', '.bin', 'bun')
const child = spawn(bun, [...bunFlags, '--watch', join('src', 'main.ts'), 'serve', ...process.argv.slice(2)], {
	cwd: root,
	stdio: 'inherit',
	env,
})
child.on('exit', (code) => process.exit(code ?? 1))
