// Splits TypeScript source into identifiers and the texts of its string literals, without a parser: comments are left out, and so are
// regular expressions and the paths of imports.

export interface SourceText {
	readonly identifiers: readonly { readonly name: string; readonly line: number }[]
	readonly texts: readonly { readonly text: string; readonly line: number }[]
}

/** Comments, strings, templates without nested templates, and identifiers, in that order of precedence. */
const token =
	/\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|[A-Za-z_$][\w$]*/g

export function readSource(source: string): SourceText {
	const identifiers: { name: string; line: number }[] = []
	const texts: { text: string; line: number }[] = []
	let line = 1
	let counted = 0
	for (const { 0: found, index } of source.matchAll(token)) {
		line += source.slice(counted, index).split('\n').length - 1
		counted = index
		if (found.startsWith('//') || found.startsWith('/*')) continue
		if (/^['"`]/.test(found)) {
			if (!isImportPath(source, index)) texts.push({ text: found.slice(1, -1), line })
		} else identifiers.push({ name: found, line })
	}
	return { identifiers, texts }
}

function isImportPath(source: string, index: number): boolean {
	return /(from|import\()\s*$/.test(source.slice(Math.max(0, index - 20), index))
}
