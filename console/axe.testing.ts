// What axe finds on a page: rules of WCAG 2.2 AA and good practice in the theme of the page, and contrast in the other one.

import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

const source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
	readonly id: string
	readonly impact: string | null
	readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** Findings as lines `rule (impact): element`; empty if there are none. */
export async function findingsOf(page: Page): Promise<readonly string[]> {
	if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(source)
	// Colours in the middle of a transition are none of the design's.
	await page.emulateMedia({ reducedMotion: 'reduce' })
	const findings = (await page.evaluate(`(async () => {
		const run = (options) => axe.run(document, { ...options, resultTypes: ['violations'] })
		const { dataset } = document.documentElement
		const { theme } = dataset
		const all = await run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
		dataset.theme = theme === 'dark' ? 'light' : 'dark'
		const other = await run({ runOnly: { type: 'rule', values: ['color-contrast'] } })
		dataset.theme = theme
		return [...all.violations, ...other.violations].map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }))
	})()`)) as readonly Finding[]
	return findings.flatMap(({ id, impact, nodes }) =>
		nodes.map(({ html, failureSummary = '' }) => `${id} (${impact}): ${html.slice(0, 200)} ${failureSummary}`),
	)
}
