// The service worker of the page: which files of a build it stores for a start without a network.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { screens } from '../src/server/page-files.ts'

export const workerName = 'service-worker.js'

/**
 * The script and those that it imports statically, which a browser loads first.
 *
 * @param entry the name of a script in the folder.
 */
export async function scriptsOf(folder: string, entry: string): Promise<readonly string[]> {
	const names = new Set([entry])
	for (const name of names) {
		const code = await readFile(join(folder, name), 'utf8')
		for (const [, imported = ''] of code.matchAll(/(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g)) names.add(imported)
	}
	return [...names]
}

export interface PageBuild {
	readonly folder: string
	readonly sourceFolder: string
	readonly document: string
	/** Names of all files of the build. */
	readonly all: readonly string[]
	/** Names of those that the page needs at first. */
	readonly first: readonly string[]
}

/** Writes the worker. Its text differs if any file of the build does, which is how browsers recognize a new version. */
export async function writeServiceWorker({ folder, sourceFolder, document, all, first }: PageBuild): Promise<void> {
	const version = createHash('sha256')
		.update(JSON.stringify([document, all]))
		.digest('hex')
		.slice(0, 12)
	const shell = { version, files: first, screens: screens.source }
	const built = await Bun.build({
		entrypoints: [join(sourceFolder, 'service-worker.ts')],
		target: 'browser',
		format: 'iife',
		minify: true,
		define: { SHELL: JSON.stringify(shell) },
	})
	const script = await built.outputs[0]?.text()
	if (script === undefined) throw new AggregateError(built.logs, 'The service worker cannot be built.')
	await writeFile(join(folder, workerName), script)
}
