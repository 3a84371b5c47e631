// The web page of this installation. In a checkout it is built here, at the first start and after changes of its sources;
// a package contains it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PageFiles } from '../server/page-files.ts'
import type { RootLog } from '../system/log.ts'

const root = join(import.meta.dir, '..', '..')
const builder = join(root, 'scripts', 'build-page.ts')

/** Undefined, with a line in the log, if there is no page and it cannot be built. */
export async function openPage(log: RootLog): Promise<PageFiles | undefined> {
	try {
		if (existsSync(builder)) await (await import(builder)).buildPage()
	} catch (cause) {
		log.warn({ err: cause }, 'the web page cannot be built; an older one is served if there is one')
	}
	return PageFiles.open(join(root, 'dist', 'page')).catch((cause: unknown) => {
		log.warn({ err: cause }, 'the web page is not available')
		return undefined
	})
}
