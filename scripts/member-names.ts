// Checks that the name of a dialect, an engine or a database is known in its own folder and in a list.ts only:
// elsewhere it is neither a string literal nor an identifier. Prints each finding with its position, and exits with
// status 1 if there is one.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { readSource } from './source-text.ts'

interface Members {
	/** The folder that contains the members' folders, below `src/`. */
	readonly folder: string
	readonly names: readonly string[]
}

/** Names that also mean something else, as identifiers: a format, a field of a request. */
const commonIdentifiers: ReadonlySet<string> = new Set(['anthropic', 'echo', 'gemini', 'llama', 'openai', 'postgres'])

/** Files that may contain such a name, with the reason. A path that ends in a slash is a folder. */
const exceptions: readonly { readonly path: string; readonly names?: readonly string[]; readonly reason: string }[] = [
	{ path: 'keys/history-mode.ts', names: ['albert'], reason: 'the former spelling of a history mode' },
	{ path: 'config/renamed-fields.ts', names: ['albert'], reason: 'the former name of a field' },
	{ path: 'stores/migrations/007-ordered-parts.ts', names: ['openai'], reason: 'the wire of stored usage fields' },
	{ path: 'stores/migrations/columns.ts', names: ['echo'], reason: 'a column' },
	{ path: 'engines/strictness.ts', names: ['openai'], reason: 'a value of the option `strictness`' },
	{ path: 'config/other-tools.ts', reason: 'which engine replaces a provider of another product' },
	{ path: 'cli/config-draft.ts', reason: 'it writes configuration files' },
	{ path: 'cli/litellm-config.ts', reason: 'which engine replaces a provider of another product' },
	{ path: 'cli/litellm-provider.ts', reason: 'which engine replaces a provider of another product' },
	{ path: 'cli/dialect-question.ts', reason: 'clients of the dialects, for `run --as`' },
	{ path: 'dialects/names.ts', reason: 'the part of the list that needs no code of the dialects' },
	{ path: 'embedded/runtime/vocabulary.ts', names: ['llama'], reason: 'the name of a tokenizer in model files' },
]

/** Findings of one file, as `file:line: what`. */
export function findMemberNames(file: string, source: string, members: readonly Members[]): readonly string[] {
	const { identifiers, texts } = readSource(source)
	return members.flatMap(({ folder, names }) => {
		if (file === `${folder}/list.ts`) return []
		return names.flatMap((name) => {
			if (isHome(file, name) || isException(file, name)) return []
			const identifier = camelCase(name)
			const found = [
				...texts.filter(({ text }) => text === name),
				...identifiers.filter((one) => one.name === identifier && !commonIdentifiers.has(identifier)),
			]
			return found.map(({ line }) => `${file}:${line}: the name '${name}' of ${folder}/ is known outside its folder`)
		})
	})
}

/**
 * The folder of the member or of a family that it belongs to. A dialect, an engine and a wire of one vendor have the
 * same name.
 */
function isHome(file: string, name: string): boolean {
	const [, folder] = file.split('/')
	return folder === name || folder === `${name}-family`
}

function isException(file: string, name: string): boolean {
	return exceptions.some(
		({ path, names }) =>
			(path.endsWith('/') ? file.startsWith(path) : file === path) && (names === undefined || names.includes(name)),
	)
}

function camelCase(name: string): string {
	return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The names of all members, which are those of their folders. */
export function memberNames(source: string): readonly Members[] {
	const folders = (folder: string) =>
		readdirSync(join(source, folder), { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map(({ name }) => name)
	return [
		{
			folder: 'dialects',
			names: folders('dialects').filter((name) => existsSync(join(source, 'dialects', name, `${name}.ts`))),
		},
		{
			folder: 'engines',
			names: folders('engines').filter((name) => existsSync(join(source, 'engines', name, 'kind.ts'))),
		},
		{
			folder: 'stores',
			names: folders('stores').filter((name) => existsSync(join(source, 'stores', name, 'kind.ts'))),
		},
	]
}

if (import.meta.main) {
	const root = join(import.meta.dir, '..', 'src')
	const members = memberNames(root)
	const findings: string[] = []
	for await (const file of new Glob('**/*.ts').scan(root))
		if (!/\.(test|testing|contract)\.ts$/.test(file))
			findings.push(...findMemberNames(file, await Bun.file(join(root, file)).text(), members))
	for (const finding of findings) console.error(finding)
	console.log(`${findings.length} names of members outside their folder`)
	if (findings.length > 0) process.exit(1)
}
