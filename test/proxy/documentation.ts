// The blocks of docs/how-to/reverse-proxy.md, for tests of its recipes.

import { join } from 'node:path'
import { root } from '../server.ts'

const page = `\n${await Bun.file(join(root, 'docs', 'how-to', 'reverse-proxy.md')).text()}`

/** The first block of a language below a heading. */
export function block(heading: string, language: string): string {
	const section = page.slice(page.indexOf(`\n${heading}\n`))
	const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1]
	if (found === undefined) throw new Error(`${heading} has no ${language} block`)
	return found
}

/** `text` with `old` replaced, which has to be there. */
export function replaced(text: string, old: string | RegExp, by: string): string {
	const changed = text.replace(old, by)
	if (changed === text) throw new Error(`the recipe has no ${old}`)
	return changed
}
