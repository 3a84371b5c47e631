// The pages whose blocks are tested, and what they need of the machine.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { catalogue, defaultModelId } from '../../src/weights/catalogue.ts'
import { isEngineHere, modelFolder } from '../engine.ts'
import { root } from '../server.ts'
import { type DocumentedPage, type MarkedBlocks, readPage } from './page-blocks.ts'

const guides = ['docs/tutorial.md', 'docs/how-to/*.md', 'docs/migrate/*.md', 'docs/clients/*.md']
const references = ['README.md', 'docs/*.md']

/** Paths of all pages: in guides every block has a mark, in references every command. */
export function pagePaths(): readonly (readonly [path: string, marked: MarkedBlocks])[] {
	const list = (patterns: readonly string[]) =>
		patterns.flatMap((pattern) => [...new Glob(pattern).scanSync({ cwd: root })].sort())
	const all = list(guides)
	return [
		...all.map((path) => [path, 'all'] as const),
		...list(references)
			.filter((path) => !all.includes(path))
			.map((path) => [path, 'commands'] as const),
	]
}

export async function loadPage(path: string, marked: MarkedBlocks): Promise<DocumentedPage> {
	return readPage(path, await Bun.file(join(root, path)).text(), marked)
}

/** Needs of pages that another part of the test suite sets up. */
export const partNeeds: ReadonlySet<string> = new Set(['postgres', 'python'])

/** @returns why the machine cannot run a page with this need; undefined if it can. */
export function missingNeed(need: string): string | undefined {
	const isPresent = presence.get(need)
	if (isPresent === undefined) throw new Error(`there is no need "${need}"`)
	return isPresent() ? undefined : `without ${need}`
}

const runs = (program: string, ...args: readonly string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const weights = catalogue.find(({ id }) => id === defaultModelId)?.file ?? ''

const presence: ReadonlyMap<string, () => boolean> = new Map([
	['engine', () => isEngineHere && existsSync(join(modelFolder, weights))],
	['openssl', () => runs('openssl', 'version')],
])
