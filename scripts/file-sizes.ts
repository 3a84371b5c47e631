// Checks the length of source files: a file of more than 300 lines states the reason in its first comment, in a
// sentence that begins with "Long because". Tests are not checked. Prints violations and exits with status 1.

import { join } from 'node:path'
import { Glob } from 'bun'

const maxLines = 300

/** @returns the violation, or undefined. */
export function checkLength(file: string, source: string): string | undefined {
	const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0)
	const header = /^(?:#!.*\n)?((?:\/\/.*\n)*)/.exec(source)?.[1] ?? ''
	if (lines <= maxLines || /\bLong because \S/.test(header)) return undefined
	return `${file}: ${lines} lines: divide it, or give the reason in its first comment ("Long because …")`
}

async function checkAll(root: string): Promise<readonly string[]> {
	const violations: string[] = []
	for await (const file of new Glob('{src,bin,scripts,console}/**/*.{ts,tsx,mjs,js}').scan(root)) {
		if (/\.(test|testing|contract)\./.test(file)) continue
		const violation = checkLength(file, await Bun.file(join(root, file)).text())
		if (violation !== undefined) violations.push(violation)
	}
	return violations
}

if (import.meta.main) {
	const violations = await checkAll(join(import.meta.dir, '..'))
	for (const violation of violations) console.error(violation)
	console.log(`${violations.length} files are too long`)
	if (violations.length > 0) process.exit(1)
}
