// Files of the page that are loaded when they are first needed and that the bundler does not produce: the style sheet and
// fonts of formulas, and the frame that draws diagrams.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dir, '..')
const katex = join(root, 'node_modules', 'katex', 'dist')
const mermaid = join(root, 'node_modules', '@mermaid-js', 'tiny', 'dist', 'mermaid.tiny.js')

/**
 * Writes KaTeX's style sheet and its fonts into the folder; a browser loads only those fonts that a formula uses.
 *
 * @returns the name of the style sheet.
 */
export async function writeMathsStyles(folder: string): Promise<string> {
	const styles = await readFile(join(katex, 'katex.min.css'), 'utf8')
	const names = new Map<string, string>()
	for (const [, name = ''] of styles.matchAll(/url\(fonts\/([\w-]+\.woff2)\)/g)) {
		if (names.has(name)) continue
		const bytes = await readFile(join(katex, 'fonts', name))
		names.set(name, hashedName(name, bytes))
		await writeFile(join(folder, hashedName(name, bytes)), bytes)
	}
	// Browsers that support the page support woff2.
	const linked = styles
		.replace(/,url\(fonts\/[\w-]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, '')
		.replace(/url\(fonts\/([\w-]+\.woff2)\)/g, (_, name) => `url(${names.get(name)})`)
	const name = hashedName('maths.css', linked)
	await writeFile(join(folder, name), linked)
	return name
}

/** Writes the scripts of the frame. @returns its document. */
export async function writeDiagramFrame(folder: string, sourceFolder: string): Promise<string> {
	const built = await Bun.build({
		entrypoints: [join(sourceFolder, 'diagram-frame.ts')],
		target: 'browser',
		format: 'iife',
		minify: true,
	})
	const script = await built.outputs[0]?.text()
	if (script === undefined) throw new AggregateError(built.logs, 'The frame of diagrams cannot be built.')
	const library = await readFile(mermaid)
	const names = { script: hashedName('diagram.js', script), mermaid: hashedName('mermaid.js', library) }
	await writeFile(join(folder, names.script), script)
	await writeFile(join(folder, names.mermaid), library)
	const template = await readFile(join(sourceFolder, 'diagram.html'), 'utf8')
	return template.replace('{script}', names.script).replace('{mermaid}', names.mermaid)
}

/** The name with a hash of the content. */
export function hashedName(name: string, content: string | Uint8Array): string {
	const hash = createHash('sha256').update(content).digest('hex').slice(0, 8)
	return name.replace('.', `-${hash}.`)
}
