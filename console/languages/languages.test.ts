// Every sentence is in the language files: no component has a text of its own, and every language has every sentence.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { listLanguages } from '../../scripts/page-languages.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { literalsIn } from './literals.testing.ts'
import { pluralsOf } from './plurals.ts'

const folder = join(import.meta.dir, '..')

/** Literals that are the same in every language. */
const untranslatable: ReadonlySet<string> = new Set([
	'Dragoman',
	// How a key looks.
	'dgm-…',
	// The name of a language of code.
	'mermaid',
	// A key.
	'Ctrl ,',
	// A header.
	'x-dragoman-parent',
	// Names of APIs.
	'OpenAI Responses',
	'Anthropic',
	'EGP',
])

test('texts between tags and in properties are found', () => {
	const source = (content: string) => `export const View = ({ on, label }) => ${content}`
	const samples: readonly (readonly [string, readonly string[]])[] = [
		['<p>Some text</p>', ['Some text']],
		['<p>One {on} two</p>', ['One ', ' two']],
		['<p>{on ? "yes" : `no way`}</p>', ['yes', 'no way']],
		['<p>{on && "shown"}</p>', ['shown']],
		['<button title="Close it" class="button small" type="button" />', ['Close it']],
		['<input aria-label={on ? "one" : "two"} placeholder="three" name="key" />', ['one', 'two', 'three']],
		['<Dialog title="A title">{label}</Dialog>', ['A title']],
		['<p>{on === "waiting" ? label : 1}</p>', []],
		['<p class={on ? "wide" : "narrow"}>· {label} ·</p>', []],
		['<ul>{["first", "second"].map((one) => <li>{label[one]}</li>)}</ul>', []],
		['<ul>{on.map((one) => <li key="item">inner</li>)}</ul>', ['inner']],
	]
	for (const [content, expected] of samples)
		expect([content, literalsIn(source(content), 'view.tsx').map(String)]).toEqual([content, [...expected]])
	expect(literalsIn("showToast({ text: 'Done here' })", 'x.ts')).toEqual(['Done here'])
})

test('no component has a text of its own', async () => {
	const found: string[] = []
	let files = 0
	for await (const name of new Glob('**/*.{ts,tsx}').scan(folder)) {
		if (/\.test\.tsx?$|\.testing\.tsx?$|\.d\.ts$|^languages\//.test(name)) continue
		files++
		const literals = literalsIn(await Bun.file(join(folder, name)).text(), name)
		found.push(...literals.filter((text) => !untranslatable.has(text)).map((text) => `${name}: ${text}`))
	}
	expect(files).toBeGreaterThan(100)
	expect(found).toEqual([])
})

test('every sentence is used, and every class of the style sheets', async () => {
	const sources: string[] = []
	for await (const name of new Glob('**/*.{ts,tsx,html}').scan(folder))
		if (!/\.test\.tsx?$|\.testing\.tsx?$|^languages\/(?:en|fr)\.ts$/.test(name))
			sources.push(await Bun.file(join(folder, name)).text())
	const source = sources.join('\n')
	const isRead = (name: string) => new RegExp(`\\b(?:words|text\\.value|labels)\\.${name}\\b`).test(source)
	// The build reads the language's own name.
	expect(Object.keys(en).filter((name) => !isRead(name))).toEqual(['name'])
	const classes = new Set<string>()
	for await (const name of new Glob('styles/*.css').scan(folder)) {
		const styles = (await Bun.file(join(folder, name)).text()).replace(/\/\*[\s\S]*?\*\/|"[^"]*"/g, '')
		for (const [, found = ''] of styles.matchAll(/\.([a-zA-Z][\w-]*)/g)) classes.add(found)
	}
	const used = (name: string) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(source)
	// Classes of libraries, and those that end with a number or a word from the data.
	const computed = /^(?:hljs-|katex|depth-\d|level-\d|align-)/
	expect([...classes].filter((name) => !used(name) && !computed.test(name))).toEqual([])
})

test('every language is listed, English first', async () => {
	const files = await listLanguages(import.meta.dir)
	expect(files.map((file) => file.slice(import.meta.dir.length + 1))).toEqual(['en.ts', 'fr.ts'])
})

/** The same in both languages. */
const shared: ReadonlySet<string> = new Set([
	...['conversation', 'conversations', 'commands', 'message', 'pause', 'menu', 'importReading', 'exportProgress'],
	...[
		'message',
		'tokenProbability',
		'probability',
		'carbon',
		'keySearch',
		'copyCsv',
		'questionLabel',
		'branches',
		'pages',
		'pictureSize',
		'topP',
		'showCode',
		'newKeyName',
		'description',
		'type',
		'carriedFeatures.images',
		'carriedFeatures.topP',
		'carriedFeatures.audio',
		'carriedFeatures.topK',
	],
])

/** Also those of groups, such as `refusals.empty`. */
function sentencesOf(language: object, prefix = ''): readonly (readonly [string, unknown])[] {
	return Object.entries(language).flatMap(([name, value]) =>
		typeof value === 'object' ? sentencesOf(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value] as const],
	)
}

test('French has the sentences of English, translated, with its spaces', () => {
	const sample = (value: unknown): unknown =>
		typeof value === 'function' ? value(...Array.from({ length: value.length }, (_, index) => index + 2)) : value
	const same: string[] = []
	const french = new Map(sentencesOf(fr))
	for (const [name, value] of sentencesOf(en)) {
		const translated = String(sample(french.get(name)))
		if (translated === String(sample(value))) same.push(name)
		// A space that does not break, before the signs that need one.
		expect([name, /[\p{L}\d] [;:!?»]/u.test(translated)]).toEqual([name, false])
	}
	expect(same.filter((name) => !shared.has(name))).toEqual([])
})

test('counts follow the plural rules of their language', () => {
	expect([en.results(0), en.results(1), en.results(2000)]).toEqual(['0 results', '1 result', '2,000 results'])
	expect([fr.results(0), fr.results(1), fr.results(2000)]).toEqual(['0 résultat', '1 résultat', '2\u202f000 résultats'])
	const polish = pluralsOf('pl')
	const forms = { one: '# plik', few: '# pliki', many: '# plików', other: '# pliku' }
	expect([1, 2, 5].map((count) => polish(count, forms))).toEqual(['1 plik', '2 pliki', '5 plików'])
})
