// The files of the page of the APIs: Swagger UI, as its package contains it, and our script and styles beside it.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashedName } from './page-chunks.ts'

const library = join(import.meta.dir, '..', 'node_modules', '@fastify', 'swagger-ui', 'static')

/** Writes the files into the folder. @returns the document. */
export async function writeApiPage(folder: string, sourceFolder: string): Promise<string> {
	const built = await Bun.build({
		entrypoints: [join(sourceFolder, 'api-page.ts')],
		target: 'browser',
		format: 'iife',
		minify: true,
	})
	const script = await built.outputs[0]?.text()
	if (script === undefined) throw new AggregateError(built.logs, 'The page of the APIs cannot be built.')
	const files = {
		'{script}': ['api.js', script],
		'{library}': ['swagger.js', await readFile(join(library, 'swagger-ui-bundle.js'))],
		'{styles}': ['swagger.css', await readFile(join(library, 'swagger-ui.css'))],
		'{ownStyles}': ['api.css', await readFile(join(sourceFolder, 'styles', 'api-page.css'))],
	} as const
	let document = await readFile(join(sourceFolder, 'api-page.html'), 'utf8')
	for (const [slot, [name, content]] of Object.entries(files)) {
		const hashed = hashedName(name, content)
		await writeFile(join(folder, hashed), content)
		document = document.replaceAll(slot, hashed)
	}
	return document
}
