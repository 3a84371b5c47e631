// The text of a language file in which every sentence of English is marked: what has no mark on the page is not translated.

import { join } from 'node:path'

export const [markBegin, markEnd] = ['⟦', '⟧']

/** Letters of no language, so that no other file has them. */
export const pseudoTag = 'qx'

export const pseudoLanguage = `
import { en } from ${JSON.stringify(join(import.meta.dir, 'en.ts'))}

const marked = (text) => '${markBegin}' + text + '${markEnd}'
const markAll = (group) => Object.fromEntries(Object.entries(group).map(([name, value]) => [name, mark(value)]))
const mark = (value) =>
	typeof value === 'function' ? (...values) => marked(value(...values)) : typeof value === 'object' ? markAll(value) : marked(value)

export const ${pseudoTag} = {
	...markAll(en),
	tag: '${pseudoTag}',
	name: 'Pseudo',
	openingQuote: '${markBegin}${markEnd}',
}
`
