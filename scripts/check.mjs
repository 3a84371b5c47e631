// npm run check: types, those of the page, lint and format, import directions, names of members, file sizes, type names, words. Exits with the number of failed checks.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from './dependencies.mjs'

installDependencies({ dev: true })
const bin = (name) => join(root, 'node_modules', '.bin', name)

export const checks = [
	{ name: 'types', command: [bin('tsc'), '--noEmit'] },
	{ name: 'types of the page', command: [bin('tsc'), '--noEmit', '-p', 'console'] },
	{ name: 'lint and format', command: [bin('biome'), 'check', '--error-on-warnings'] },
	{ name: 'import directions', command: [bin('bun'), join('scripts', 'import-directions.ts')] },
	{ name: 'file sizes', command: [bin('bun'), join('scripts', 'file-sizes.ts')] },
	{ name: 'names of members', command: [bin('bun'), join('scripts', 'member-names.ts')] },
	{ name: 'type names', command: [bin('bun'), join('scripts', 'type-names.ts')] },
	{ name: 'words', command: [bin('bun'), join('scripts', 'words.ts')] },
]

/** Runs one check and returns whether it passed. */
export function runCheck({ name, command: [program, ...args] }) {
	const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
	process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}\n`)
	return status === 0
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('check.mjs'))
	process.exitCode = checks.filter((check) => !runCheck(check)).length
