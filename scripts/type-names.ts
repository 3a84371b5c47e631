// Checks that a type name means one thing: no interface, type or class of the source is defined in two files. Tests are
// not checked, and type parameters do not count. Prints each name with its files, and exits with status 1 if there is
// one.

import { join } from 'node:path'
import { Glob } from 'bun'

/** Names that are defined twice, with the reason. */
const exceptions: ReadonlyMap<string, string> = new Map([
	['Route', 'a path of a dialect, and the upstreams of a model: to be renamed'],
])

/** The names of types that a file defines. */
export function typeNames(source: string): readonly string[] {
	return [...source.matchAll(/^(?:export )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(
		([, name = '']) => name,
	)
}

/** Names with more than one file, in the form `Name: file, file`. */
export function findHomonyms(files: ReadonlyMap<string, string>): readonly string[] {
	const found = new Map<string, Set<string>>()
	for (const [file, source] of files)
		for (const name of typeNames(source)) found.set(name, (found.get(name) ?? new Set()).add(file))
	return [...found].flatMap(([name, own]) =>
		own.size > 1 && !exceptions.has(name) ? [`${name}: ${[...own].sort().join(', ')}`] : [],
	)
}

if (import.meta.main) {
	const root = join(import.meta.dir, '..', 'src')
	const files = new Map<string, string>()
	for await (const file of new Glob('**/*.ts').scan(root))
		if (!/\.test\.ts$/.test(file)) files.set(file, await Bun.file(join(root, file)).text())
	const homonyms = findHomonyms(files)
	for (const homonym of homonyms) console.error(homonym)
	console.log(`${homonyms.length} type names with two meanings`)
	if (homonyms.length > 0) process.exit(1)
}
