// Splits TypeScript source into identifiers, the texts of its string literals, and comments, without a parser. The
// paths of imports are left out. Successive comment lines are one comment.

export interface SourceText {
	readonly identifiers: readonly { readonly name: string; readonly line: number }[]
	/** `title`: it names a test. */
	readonly texts: readonly { readonly text: string; readonly line: number; readonly title: boolean }[]
	readonly comments: readonly { readonly text: string; readonly line: number }[]
}

/** Comments, strings, templates without nested templates, and identifiers, in that order of precedence. */
const token =
	/\/\/[^\n]*(?:\n\s*\/\/[^\n]*)*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|[A-Za-z_$][\w$]*/g

export function readSource(source: string): SourceText {
	const identifiers: { name: string; line: number }[] = []
	const texts: { text: string; line: number; title: boolean }[] = []
	const comments: { text: string; line: number }[] = []
	let line = 1
	let counted = 0
	for (const { 0: found, index } of source.matchAll(token)) {
		line += source.slice(counted, index).split('\n').length - 1
		counted = index
		if (found.startsWith('//') || found.startsWith('/*')) comments.push({ text: found, line })
		else if (/^['"`]/.test(found)) {
			if (!isImportPath(source, index)) texts.push({ text: found.slice(1, -1), line, title: isTitle(source, index) })
		} else identifiers.push({ name: found, line })
	}
	return { identifiers, texts, comments }
}

function isImportPath(source: string, index: number): boolean {
	return /(from|import\()\s*$/.test(source.slice(Math.max(0, index - 20), index))
}

/**
 * Whether a text at `index` is the first argument of a test or a group of tests, in any form such as
 * `test.skipIf(…)('…')`.
 */
function isTitle(source: string, index: number): boolean {
	return /\b(test|describe)(\.\w+(\([^\n]*\))?|\([^\n]*\))*\(\s*$/.test(source.slice(Math.max(0, index - 120), index))
}
