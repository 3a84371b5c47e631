// The languages of the page, as a module that the build makes from the files of a folder, so that a further language is one
// file. A file `de.ts` exports its language as `de`. The first load has the English sentences of the chat; the
// others are loaded when needed.

import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BunPlugin } from 'bun'

/** The files of the folder that are languages: their names are tags of two or three letters. English first. */
export async function listLanguages(folder: string): Promise<readonly string[]> {
	const names = (await readdir(folder)).filter((name) => /^[a-z]{2,3}\.ts$/.test(name)).sort()
	return ['en.ts', ...names.filter((name) => name !== 'en.ts')].map((name) => join(folder, name))
}

/** @param files paths of languages, in the order of the list. */
export function languagesPlugin(files: readonly string[]): BunPlugin {
	return {
		name: 'languages',
		setup(build) {
			build.onResolve({ filter: /^virtual:languages$/ }, ({ path }) => ({ path, namespace: 'languages' }))
			build.onLoad({ filter: /.*/, namespace: 'languages' }, async () => ({
				contents: `export const languageFiles = [${(await Promise.all(files.map(describe))).join(', ')}]\n`,
				loader: 'js',
			}))
		},
	}
}

/** The code of a list entry. */
async function describe(file: string): Promise<string> {
	const tag = basename(file, '.ts')
	const { [tag]: language } = await import(file)
	const load = `async () => (await import(${JSON.stringify(file)})).${tag}`
	return `{ tag: '${tag}', name: ${JSON.stringify(language.name)}, load: ${load} }`
}

/** The scripts of a build that contain a language, by its tag; the first script has the English of the chat. */
export async function languageScripts(
	folder: string,
	names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
	const found: Record<string, string> = {}
	for (const name of names) {
		if (!/^chunk-.*\.js$/.test(name)) continue
		const code = await readFile(join(folder, name), 'utf8')
		const [, tag] = (/\bopeningQuote:/.test(code) && /\btag:\s*"([a-z]{2,3})"/.exec(code)) || []
		if (tag !== undefined) found[tag] = name
	}
	return found
}
