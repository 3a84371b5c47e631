// Draws formulas with KaTeX, loaded with the first formula together with its style sheet. Commands that link, load or change
// the document are not permitted, and macros cannot expand without end.

import katex from 'katex'
import { loadStyles } from '../parts/style-sheets.ts'

/** Name of the style sheet beside this script; the build defines it. */
declare const MATHS_STYLES: string

/** Draws the formula into the element, or its source if it is not valid. @returns whether it was drawn. */
export function renderMaths(element: HTMLElement, tex: string, display: boolean): boolean {
	try {
		katex.render(tex, element, {
			displayMode: display,
			output: 'htmlAndMathml',
			throwOnError: true,
			trust: false,
			strict: 'ignore',
			maxExpand: 300,
			maxSize: 20,
		})
		return true
	} catch {
		element.textContent = tex
		return false
	}
}

/** @throws Error if the style sheet cannot be loaded. */
export const loadMathsStyles = (): Promise<void> => loadStyles(MATHS_STYLES)
