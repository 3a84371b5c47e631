// Colours of code, loaded with the first block. The result is a tree with class names: the page's policy permits no inline
// styles, and no HTML text.

import type { RootContent } from 'hast'
import { common, createLowlight } from 'lowlight'

const lowlight = createLowlight(common)

/** Undefined if the language is not known. */
export function highlight(language: string, code: string): readonly RootContent[] | undefined {
	return lowlight.registered(language.toLowerCase())
		? lowlight.highlight(language.toLowerCase(), code).children
		: undefined
}
