// Finds texts for people in the source of a component: literals between tags, and in properties that are shown or read.

/** Properties whose text is on screen or read by a screen reader. */
const shownProperties = ['children', 'title', 'label', 'placeholder', 'alt', 'aria-label', 'aria-description', 'text']
const shownProperty = new RegExp(`(?:^|[\\s{,])["']?(?:${shownProperties.join('|')})["']?$`)

interface Scope {
	readonly bracket: string
	/** Whether a literal directly in it is shown; in an object, whether one in the current property is. */
	shown: boolean
	/** How many literals were found before it. */
	readonly start: number
}

/**
 * @param name of the file, for its syntax.
 * @returns the literals that have two letters in a row.
 */
export function literalsIn(source: string, name: string): readonly string[] {
	const loader = name.endsWith('.tsx') ? 'tsx' : 'ts'
	const tsconfig = { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } } as const
	const code = new Bun.Transpiler({ loader, tsconfig }).transformSync(source)
	const found: string[] = []
	const scopes: Scope[] = [{ bracket: '', shown: false, start: 0 }]
	for (let at = 0; at < code.length; at++) {
		const character = code[at] ?? ''
		const top = scopes.at(-1) ?? { bracket: '', shown: false, start: 0 }
		const before = code.slice(Math.max(0, at - 60), at).trimEnd()
		if ('"\'`'.includes(character)) {
			const end = endOfLiteral(code, at)
			const text = code.slice(at + 1, end)
			const isCompared = /(?:[=!]==?|\bcase|\bin)$/.test(before) || /^\s*[=!]==?/.test(code.slice(end + 1, end + 8))
			if (top.shown && !isCompared && /\p{L}{2}/u.test(text.replace(/\$\{[^}]*\}/g, ''))) found.push(text)
			at = end
		} else if (character === '(')
			scopes.push({ bracket: '(', shown: top.shown && /[?:&|(,[]$/.test(before), start: found.length })
		else if (character === '[')
			scopes.push({ bracket: '[', shown: top.shown && !/[\w)\]]$/.test(before), start: found.length })
		else if (character === '{') scopes.push({ bracket: '{', shown: false, start: found.length })
		else if (')]}'.includes(character) && scopes.length > 1) {
			scopes.pop()
			// A list that something is made of.
			if (character === ']' && code[at + 1] === '.') found.length = top.start
		} else if (character === ':' && top.bracket === '{' && shownProperty.test(before)) top.shown = true
		else if (character === ',' && top.bracket === '{') top.shown = false
	}
	return found
}

function endOfLiteral(code: string, start: number): number {
	const quote = code[start]
	let at = start + 1
	while (at < code.length && code[at] !== quote) at += code[at] === '\\' ? 2 : 1
	return at
}
