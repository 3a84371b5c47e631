// Makes the fonts of the page, in console/fonts, from those of their packages: with the weights of the style sheets only, which are half
// of their bytes. Run it after a change of the packages or of the weights.

/// <reference path="./subset-font.d.ts" />

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import subsetFont from 'subset-font'

const packages = join(import.meta.dir, '..', 'node_modules', '@fontsource-variable')
export const fontFolder = join(import.meta.dir, '..', 'console', 'fonts')

const next = join('atkinson-hyperlegible-next', 'files', 'atkinson-hyperlegible-next')
const monospaced = join('atkinson-hyperlegible-mono', 'files', 'atkinson-hyperlegible-mono')

/** Files of the packages, by their names in the style sheets. */
const sources: Readonly<Record<string, string>> = {
	'sans.woff2': `${next}-latin-wght-normal.woff2`,
	'sans-extended.woff2': `${next}-latin-ext-wght-normal.woff2`,
	'sans-italic.woff2': `${next}-latin-wght-italic.woff2`,
	'mono.woff2': `${monospaced}-latin-wght-normal.woff2`,
}

/** The weights that `@font-face` declares in console/styles/tokens.css. */
export const fontWeights = { min: 400, max: 700 }

if (import.meta.main) {
	await mkdir(fontFolder, { recursive: true })
	for (const name of Object.keys(sources)) await writeFile(join(fontFolder, name), await makeFont(name))
}

/** @param name in the style sheets. */
export async function makeFont(name: string): Promise<Uint8Array> {
	const whole = await readFile(join(packages, sources[name] ?? ''))
	return subsetFont(whole, undefined, {
		targetFormat: 'woff2',
		keepAllGlyphs: true,
		variationAxes: { wght: fontWeights },
	})
}
