// Looks for words that this project does not use: coined names, and turns of phrase that are translated rather than
// written. It reads the identifiers of the source and of the tests, and the texts that people read: strings, comments,
// names of tests, the page and the documentation. Prints each finding with its position, and exits with status 1 if
// there is one.

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
	tongues: 'dialects, clients',
	outstanding: 'background tasks',
	sighting: 'lookup',
	told: 'reported, received',
	untold: 'unreported',
	kept: 'stored',
	said: 'text, content',
	unsaid: 'unsupported',
	spoken: 'dialect, visible',
	utterance: 'event',
	speech: 'audio; the content of an answer',
	speeches: 'choices',
	heard: 'view, received',
	hears: 'shows, matches',
	unheard: 'not expressible',
	hearings: 'matchers',
	hush: 'flush',
	patience: 'timeout',
	mishap: 'fault',
	suffer: 'fail',
	complaint: 'problem, violation',
	complaints: 'problems, violations',
	foreman: 'primary',
	expressly: 'explicitly',
	whoever: 'the noun',
	nobody: 'the noun',
	somebody: 'the noun',
}

/** Identifiers that may have such a part, with the reason. */
const allowedNames: ReadonlyMap<string, string> = new Map([
	['SpeechRecognition', 'the name of an interface of browsers'],
	['SpeechSynthesisUtterance', 'the name of an interface of browsers'],
	['speechSynthesis', 'the name of an interface of browsers'],
])

/** In texts, whole words only. */
const phrases: readonly Rule[] = [
	{ pattern: /\bwhoever\b/i, instead: 'name the role: the client, the operator' },
	{ pattern: /\b(nobody|somebody)\b/i, instead: 'no client, another owner' },
	{ pattern: /\bsurroundings\b/i, instead: 'context, environment' },
	{ pattern: /\btongues?\b/i, instead: 'dialect, API' },
	{ pattern: /\b(is|are|was|were|be|been|not|being) told\b/i, instead: 'is reported, receives' },
	{ pattern: /\buntold|unsaid\b/i, instead: 'unreported' },
	{ pattern: /\b(tells|told) (it|its|of|how|what|which|the (client|caller|operator))\b/i, instead: 'reports' },
	{ pattern: /\bfor ever\b/i, instead: 'indefinitely' },
	{ pattern: /\b(goes|go|went|gone) on\b/i, instead: 'continues' },
	{ pattern: /\bstands? (in (place|the)|beside|behind)\b/i, instead: 'is' },
	{ pattern: /\b(is|are|was|were|be|been) (kept|asked)\b/i, instead: 'stored, requested' },
	{ pattern: /\bkept for\b/i, instead: 'stored for' },
	{ pattern: /\bat once\b/i, instead: 'immediately, concurrently' },
	{ pattern: /\b(is|are|was|were|has|have) gone\b/i, instead: 'disconnected, removed, missing' },
	{ pattern: /\bthere is no [\w-]+ here\b/i, instead: 'not found, not supported' },
	{ pattern: /\bbehind (it|them|the (last|first|answer|stream|call|event)s?)\b/i, instead: 'after' },
	{ pattern: /\bwhere (it|they|there|one|none) (is no|are no|has|have|does|do|came|can)\b/i, instead: 'if' },
	{ pattern: /\bas far as (it|they) came\b/i, instead: 'the partial' },
	{
		pattern: /\bwithout a word\b|\bhas no words for\b|\bin its own words\b/i,
		instead: 'cannot express, in its format',
	},
]

/** Texts that may contain such words, with the reason. */
const allowedTexts: readonly { readonly text: string; readonly reason: string }[] = [
	{ text: 'the conversation kept in between', reason: 'the slogan of the product' },
	{ text: 'people of different tongues', reason: 'what a dragoman was' },
	{ text: 'are asked', reason: 'a prompt whose length in tokens is fixed' },
]

/** Files that quote such words. */
const excluded: ReadonlySet<string> = new Set([
	// Sentences for people who chat, who are addressed less formally than readers of the documentation.
	'console/languages/en.ts',
	'console/languages/en-first.ts',
	'console/languages/fr.ts',
	'scripts/words.ts',
	'scripts/words.test.ts',
	'scripts/source-text.test.ts',
])

/** Findings of one source file, as `file:line: what: write something else`. */
export function findWords(file: string, source: string): readonly string[] {
	const { identifiers, texts, comments } = readSource(source)
	const found = identifiers
		.filter(({ name }) => !allowedNames.has(name))
		.flatMap(({ name, line }) =>
			partsOf(name)
				.filter((part) => Object.hasOwn(names, part))
				.map((part) => `${file}:${line}: the name ${name}: write ${names[part]}`),
		)
	const isTest = /\.(test|testing|contract)\.|^test\//.test(file)
	// Other strings of tests are data.
	const read = texts.filter(({ title }) => title || !isTest)
	return [...found, ...[...read, ...comments].flatMap(({ text, line }) => findPhrases(file, line, text))]
}

/** Line breaks within a text, with the marks of a comment, count as spaces. */
function findPhrases(file: string, line: number, text: string): readonly string[] {
	const flat = text.replace(/\s*\n\s*(\*(?!\/)|\/\/)?\s*/g, ' ')
	const rest = allowedTexts.reduce((left, { text: allowed }) => left.replaceAll(allowed, ''), flat)
	return phrases.flatMap(({ pattern, instead }) => {
		const found = pattern.exec(rest)?.[0]
		return found === undefined ? [] : [`${file}:${line}: "${found}": write ${instead}`]
	})
}

function partsOf(name: string): readonly string[] {
	return name.split(/[_$\d]+|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase())
}

const sourceFiles = ['{src,bin,scripts,test,console,bench,examples}/**/*.{ts,tsx,mjs,js}']
const pages = ['*.md', 'docs/**/*.md', 'console/*.html']

/** Relative paths of the files that are read: source, and pages of which every line is read. */
export function filesOf(root: string): { readonly sources: readonly string[]; readonly pages: readonly string[] } {
	const scan = (patterns: readonly string[]) => patterns.flatMap((pattern) => [...new Glob(pattern).scanSync(root)])
	return { sources: scan(sourceFiles).filter((file) => !excluded.has(file)), pages: scan(pages) }
}

async function findAll(root: string): Promise<readonly string[]> {
	const findings: string[] = []
	const read = filesOf(root)
	for (const file of read.sources) findings.push(...findWords(file, await Bun.file(join(root, file)).text()))
	for (const file of read.pages) {
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
