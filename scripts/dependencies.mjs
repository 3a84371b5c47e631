// Installs dependencies of package.json that node_modules lacks. Plain Node: it runs before anything is installed.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmWaits } from '../bin/npm-waits.mjs'

/** An installation takes longer only if the network hangs, in milliseconds. */
const longestMs = 600_000

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @param {{ dev: boolean }} options whether development dependencies are needed too. */
export function installDependencies({ dev }) {
	const manifest = readJson(join(root, 'package.json'))
	const wanted = { ...manifest.dependencies, ...(dev ? manifest.devDependencies : {}) }
	const missing = Object.entries(wanted).filter(([name, version]) => installedVersion(name) !== version)
	if (missing.length === 0) return
	process.stderr.write(`Installing ${missing.map(([name]) => name).join(', ')} …\n`)
	// Not `npm ci`, which would delete node_modules first.
	const args = [
		'install',
		'--prefer-offline',
		'--no-save',
		'--no-audit',
		'--no-fund',
		'--loglevel=error',
		...(dev ? [] : ['--omit=dev']),
	]
	const { status, error } = spawnSync('npm', args, {
		cwd: root,
		env: { ...npmWaits, ...process.env },
		stdio: ['ignore', 2, 2],
		timeout: longestMs,
		shell: process.platform === 'win32',
	})
	if (status === 0) return
	const reason = error === undefined ? '' : ` (${error.message})`
	process.stderr.write(
		`npm could not install the dependencies${reason}. Without access to the registry, choose a mirror with \`npm config set registry URL\`, set HTTPS_PROXY, or copy node_modules from a machine with the same system.\n`,
	)
	process.exit(status ?? 1)
}

function installedVersion(name) {
	const manifest = join(root, 'node_modules', name, 'package.json')
	return existsSync(manifest) ? readJson(manifest).version : undefined
}

function readJson(path) {
	return JSON.parse(readFileSync(path, 'utf8'))
}
