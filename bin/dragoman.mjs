#!/usr/bin/env node
// Starts Dragoman on the Bun that npm installed beside it. Plain Node, so that `npx dragoman` needs nothing else.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bunFlags } from './bun-flags.mjs'
import { findBun } from './find-bun.mjs'
import { launchersVariable, ownPackageManager } from './launchers.mjs'
import { runChild } from './run-child.mjs'

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'main.ts')
const bun = findBun()
if (bun === undefined) {
	process.stderr.write('dragoman: Bun is not installed beside it. Run: npm install (with optional dependencies)\n')
	process.exit(1)
}
const argv = [...bunFlags, main, ...process.argv.slice(2)]
// Bun sends at most 256 requests at a time unless told otherwise; a gateway holds a stream open for each of its clients.
const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336', ...process.env }

const launchers = ownPackageManager()

// Node 22.15 and later: Bun takes this process over, so that signals and the exit status are its own.
if (process.execve !== undefined && process.platform !== 'win32')
	process.execve(bun, [bun, ...argv], watching(launchers))
else runChild(bun, argv, { env: watching([process.pid, ...launchers]) })

/** The environment of a server that ends when one of these processes does. */
function watching(pids) {
	return { ...env, [launchersVariable]: pids.join(' ') }
}
