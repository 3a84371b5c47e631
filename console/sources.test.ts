// Rules for the sources of the page that neither the compiler nor the linter checks.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { catalogue } from '../src/weights/catalogue.ts'

const sources = new Map(
	await Promise.all(
		[...new Glob('**/*.{ts,tsx}').scanSync(import.meta.dir)]
			.filter((name) => !/\.(test|testing)\.tsx?$/.test(name))
			.map(async (name) => [name, await Bun.file(join(import.meta.dir, name)).text()] as const),
	),
)

/** Files with a line that matches. */
const having = (pattern: RegExp): readonly string[] =>
	[...sources].flatMap(([name, text]) => (pattern.test(text) ? [name] : []))

test('there are sources', () => {
	expect(sources.size).toBeGreaterThan(200)
})

test('names of models are those of the catalogue', () => {
	expect(having(new RegExp(`['"\`](${catalogue.map(({ id }) => id).join('|')})['"\`]`))).toEqual([])
})

test('the window is measured when something is shown, not when a file is imported', () => {
	// The entry of the page of the APIs is run, not imported.
	expect(having(/^(?:export )?(?:const|let) [^\n]*= matchMedia\(/m)).toEqual(['api-page.ts'])
})

const design = await Bun.file(join(import.meta.dir, 'DESIGN.md')).text()

test('DESIGN.md has every component that is a control, and every token', async () => {
	const controls = [...sources]
		.filter(([name]) => /^parts\/.*\.tsx?$/.test(name))
		.flatMap(([, text]) =>
			[...text.matchAll(/^export function ((?:use)?[A-Z]\w+|loaded)/gm)].map(([, name = '']) => name),
		)
	expect(controls.length).toBeGreaterThan(10)
	const tokens = (await Bun.file(join(import.meta.dir, 'styles', 'tokens.css')).text()).matchAll(
		/^\t--([a-z][\w-]*):/gm,
	)
	// The faces and the curve of movements are sentences there.
	const named = [...controls, ...[...tokens].map(([, name = '']) => name)].filter(
		(name) => !/^(sans|mono|ease|Sentences)$/.test(name),
	)
	expect([...new Set(named)].filter((name) => !design.includes(`\`${name}\``) && !/^c[2-5]$/.test(name))).toEqual([])
})

test('every library of the page has a line in the decision about it', async () => {
	const decision = await Bun.file(join(import.meta.dir, '..', 'decisions', '054-web-page.md')).text()
	const imported = [...sources.values()].flatMap((text) =>
		[...text.matchAll(/^import (?!type)[^;]*? from '((?:@[\w-]+\/)?[a-z][\w.-]*)[^']*'/gm)].map(
			([, name = '']) => name,
		),
	)
	const libraries = [...new Set([...imported, '@mermaid-js/tiny', 'katex', 'unpdf'])]
	expect(libraries.length).toBeGreaterThan(8)
	expect(libraries.filter((name) => !decision.includes(`\`${name}\``) && !/^(virtual|hast)$/.test(name))).toEqual([])
})
