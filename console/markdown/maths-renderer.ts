// Draws formulas with KaTeX, loaded with the first formula together with its style sheet. Commands that link, load or change
// the document are not permitted, and macros cannot expand without end.

import katex from 'katex'

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
export function loadStyles(): Promise<void> {
	return new Promise((resolve, reject) => {
		const link = document.createElement('link')
		link.rel = 'stylesheet'
		link.href = new URL(MATHS_STYLES, import.meta.url).href
		link.onload = () => resolve()
		link.onerror = () => reject(new Error('The style sheet of formulas cannot be loaded.'))
		document.head.append(link)
	})
}
