// Looks for words that this project does not use: coined names, and turns of phrase that are translated rather than written. It reads the
// identifiers of the source and the texts that people see (strings of the source, the page and the documentation). Prints each finding
// with its place, and exits with status 1 if there is one.

import { join } from 'node:path'
import { Glob } from 'bun'
import { readSource } from './source-text.ts'

interface Rule {
	readonly pattern: RegExp
	/** What to write instead. */
	readonly instead: string
}

/** Parts of identifiers, in lower case: `toldUsage` has the parts `told` and `usage`. */
const names: Readonly<Record<string, string>> = {
	surroundings: 'context, dependencies, options',
	tongue: 'dialect, client',
	outstanding: 'background tasks',
	sighting: 'lookup',
	unsaid: 'unsupported',
	expressly: 'explicitly',
	whoever: 'the noun',
	nobody: 'the noun',
}

/** In texts, whole words only. */
const phrases: readonly Rule[] = [
	{ pattern: /\bwhoever\b/i, instead: 'name the role: the client, the operator' },
	{ pattern: /\bnobody\b/i, instead: 'no client, no user' },
	{ pattern: /\bsurroundings\b/i, instead: 'context, environment' },
	{ pattern: /\btongues?\b/i, instead: 'dialect, API' },
	{ pattern: /\b(is|are|was|were|be) told\b/i, instead: 'is reported, receives' },
	{ pattern: /\buntold|unsaid\b/i, instead: 'unreported' },
	{ pattern: /\bfor ever\b/i, instead: 'indefinitely' },
	{ pattern: /\bgoes on\b/i, instead: 'continues' },
	{ pattern: /\bstands? (in|for|beside|behind)\b/i, instead: 'is' },
	{ pattern: /\b(is|are|was|were) (kept|asked)\b/i, instead: 'stored, requested' },
]

/** Texts that may contain such words, with the reason. */
const allowedTexts: readonly { readonly text: string; readonly reason: string }[] = [
	{ text: 'the conversation kept in between', reason: 'the slogan of the product' },
	{ text: 'people of different tongues', reason: 'what a dragoman was' },
	{ text: 'are asked', reason: 'a prompt whose length in tokens is fixed' },
]

/** Findings of one source file, as `file:line: what: write something else`. */
export function findWords(file: string, source: string): readonly string[] {
	const { identifiers, texts } = readSource(source)
	const found = identifiers.flatMap(({ name, line }) =>
		partsOf(name)
			.filter((part) => Object.hasOwn(names, part))
			.map((part) => `${file}:${line}: the name ${name}: write ${names[part]}`),
	)
	return [...found, ...texts.flatMap(({ text, line }) => findPhrases(file, line, text))]
}

function findPhrases(file: string, line: number, text: string): readonly string[] {
	const rest = allowedTexts.reduce((left, { text: allowed }) => left.replaceAll(allowed, ''), text)
	return phrases.flatMap(({ pattern, instead }) => {
		const found = pattern.exec(rest)?.[0]
		return found === undefined ? [] : [`${file}:${line}: "${found}": write ${instead}`]
	})
}

function partsOf(name: string): readonly string[] {
	return name.split(/[_$\d]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase())
}

async function findAll(root: string): Promise<readonly string[]> {
	const findings: string[] = []
	for await (const file of new Glob('{src,bin,scripts}/**/*.{ts,mjs}').scan(root))
		if (!/\.(test|testing|contract)\.|scripts\/words\.ts/.test(file))
			findings.push(...findWords(file, await Bun.file(join(root, file)).text()))
	for await (const file of new Glob('{*.md,docs/*.md,console/*.html}').scan(root)) {
		const lines = (await Bun.file(join(root, file)).text()).split('\n')
		findings.push(...lines.flatMap((text, index) => findPhrases(file, index + 1, text)))
	}
	return findings
}

if (import.meta.main) {
	const findings = await findAll(join(import.meta.dir, '..'))
	for (const finding of findings) console.error(finding)
	console.log(`${findings.length} words to replace`)
	if (findings.length > 0) process.exit(1)
}
