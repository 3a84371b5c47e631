#!/usr/bin/env node
// Starts Dragoman with the Bun that npm installed as its dependency. Plain Node, so that `npx --no-install dragoman` needs nothing else.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bunFlags } from './bun-flags.mjs'
import { findBun } from './find-bun.mjs'
import { launchersVariable, ownPackageManager } from './launchers.mjs'
import { runChild } from './run-child.mjs'

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'main.ts')
const bun = findBun()
if (bun === undefined) {
	process.stderr.write('dragoman: the bun package is not installed. Run: npm install (with optional dependencies)\n')
	process.exit(1)
}
const argv = [...bunFlags, main, ...process.argv.slice(2)]
// By default Bun sends at most 256 concurrent requests; a gateway has an open stream for each of its clients.
const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336', ...process.env }

const launchers = ownPackageManager()

// Node 22.15 and later: Bun replaces this process, so that it receives signals and sets the exit status directly.
if (process.execve !== undefined && process.platform !== 'win32')
	process.execve(bun, [bun, ...argv], watching(launchers))
else runChild(bun, argv, { env: watching([process.pid, ...launchers]) })

/** The environment of a server that shuts down when one of these processes exits. */
function watching(pids) {
	return { ...env, [launchersVariable]: pids.join(' ') }
}
