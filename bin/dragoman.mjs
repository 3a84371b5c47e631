#!/usr/bin/env node
// Starts Dragoman on the Bun that npm installed beside it. Plain Node, so that `npx dragoman` needs nothing else.

import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bunFlags } from './bun-flags.mjs'

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'main.ts')
const bun = findBun()
if (bun === undefined) {
	process.stderr.write('dragoman: Bun is not installed beside it. Run: npm install (with optional dependencies)\n')
	process.exit(1)
}
const argv = [...bunFlags, main, ...process.argv.slice(2)]
// Bun sends at most 256 requests at a time unless told otherwise; a gateway holds a stream open for each of its clients.
const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336', ...process.env }

if (process.execve !== undefined && process.platform !== 'win32') replaceProcess()
else runChild()

/** The package's own binary; npm leaves a placeholder there where install scripts are off, and the platform's package has it then. */
function findBun() {
	const require = createRequire(import.meta.url)
	const file = process.platform === 'win32' ? 'bun.exe' : 'bun'
	const arch = process.arch === 'arm64' ? 'aarch64' : process.arch
	const system = process.platform === 'win32' ? 'windows' : process.platform
	const variants = ['', '-musl', '-baseline', '-musl-baseline'].map(
		(variant) => `@oven/bun-${system}-${arch}${variant}`,
	)
	const found = [['bun', 'bun.exe'], ...variants.map((name) => [name, file])].flatMap(([name, binary]) => {
		try {
			return [join(dirname(require.resolve(`${name}/package.json`)), 'bin', binary)]
		} catch {
			return []
		}
	})
	return found.find((path) => existsSync(path) && isBinary(path))
}

function isBinary(path) {
	return statSync(path).size > 1_000_000
}

/** Node 22.15 and later: Bun takes this process over, so that signals and the exit status are its own. */
function replaceProcess() {
	process.execve(bun, [bun, ...argv], env)
}

function runChild() {
	const child = spawn(bun, argv, { stdio: 'inherit', env })
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
	child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
