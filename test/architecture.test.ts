// ARCHITECTURE.md and CONTRIBUTING.md compared with the tree: every path that they name exists, every folder of the
// source is described, and no folder imports what its row excludes.

import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'
import { root } from './server.ts'

const architecture = await Bun.file(join(root, 'ARCHITECTURE.md')).text()
const contributing = await Bun.file(join(root, 'CONTRIBUTING.md')).text()
const files = [...new Glob('{src,test,scripts,bin,console,docs}/**/*.*').scanSync(root)]

/** Paths in code spans and commands. `NAME` stands for the name of a new member. */
function pathsIn(text: string): readonly string[] {
	const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
	const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, lines = '']) => lines.split(/\s+/))
	const found = [...spans.flatMap((span) => span.split(' ')), ...commands]
	return [...new Set(found.filter((one) => /^[\w.-]+(\/[\w.-]*)+$|^[\w-]+\.(ts|mjs|md|json)$/.test(one)))]
}

function exists(path: string): boolean {
	const known = path.includes('NAME') ? path.slice(0, path.indexOf('NAME')).replace(/[^/]*$/, '') : path
	if (!known.includes('/')) return existsSync(join(root, known)) || files.some((file) => file.endsWith(`/${known}`))
	return existsSync(join(root, known)) || existsSync(join(root, 'src', known))
}

test.each([
	['ARCHITECTURE.md', architecture, 20],
	['CONTRIBUTING.md', contributing, 30],
] as const)('every path in %s exists', (_, text, least) => {
	const paths = pathsIn(text)
	expect(paths.filter((path) => !exists(path))).toEqual([])
	expect(paths.length).toBeGreaterThan(least)
})

/** The rows of the table of folders. */
const rows = architecture
	.split('\n')
	.map((line) => line.split('|').map((cell) => cell.trim()))
	.filter(([, first = '']) => first.startsWith('`') && first.includes('/`'))
	.map(([, own = '', , excluded = '']) => ({ own: foldersIn(own), excluded }))

function foldersIn(cell: string): readonly string[] {
	return [...cell.matchAll(/`([\w-]+)\/`/g)].map(([, folder = '']) => folder)
}

test('every folder of the source has a row', () => {
	const described = rows.flatMap(({ own }) => own)
	const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name)
	expect(folders.filter((folder) => !described.includes(folder))).toEqual([])
})

describe('no file imports what the row of its folder excludes', () => {
	for (const { own, excluded } of rows)
		for (const folder of own)
			test(folder, async () => {
				const named = foldersIn(excluded)
				const excludes = (target: string) => named.includes(target) !== excluded.startsWith('anything')
				expect((await importsOf(folder)).filter(excludes)).toEqual([])
			})
})

test('only config/environment.ts reads the environment of the process', async () => {
	const readers: string[] = []
	for (const file of files.filter((one) => /^src\/.*\.ts$/.test(one) && !/\.(test|testing|contract)\.ts$/.test(one)))
		if (/\bprocess\.env\b(?!`)/.test(await Bun.file(join(root, file)).text())) readers.push(file)
	expect(readers).toEqual(['src/config/environment.ts'])
})

/** The other folders of the source that a folder's files import, tests left out. */
async function importsOf(folder: string): Promise<readonly string[]> {
	const found = new Set<string>()
	for (const file of files.filter((one) => one.startsWith(`src/${folder}/`) && one.endsWith('.ts'))) {
		if (/\.(test|testing|contract)\.ts$/.test(file)) continue
		const source = await Bun.file(join(root, file)).text()
		for (const [, path = ''] of source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
			const [top = '', target = ''] = normalize(join(dirname(file), path)).split('/')
			if (top === 'src' && target !== folder) found.add(target)
		}
	}
	return [...found]
}
