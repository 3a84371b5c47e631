// Sets of Unicode characters as sorted ranges of code points, and their GBNF notation inside a JSON string.

/** Inclusive bounds, sorted, not adjacent. */
export type CharacterSet = readonly (readonly [from: number, to: number])[]

const last = 0x10ffff
/** Lone surrogates are not characters. */
const surrogates = [0xd800, 0xdfff] as const

export function setOf(...ranges: readonly (readonly [number, number])[]): CharacterSet {
	const sorted = [...ranges].sort(([a], [b]) => a - b)
	const joined: [number, number][] = []
	for (const [from, to] of sorted) {
		const previous = joined.at(-1)
		if (previous !== undefined && from <= previous[1] + 1) previous[1] = Math.max(previous[1], to)
		else joined.push([from, to])
	}
	return joined
}

export function characterOf(text: string): CharacterSet {
	const code = text.codePointAt(0) ?? 0
	return [[code, code]]
}

export function union(...sets: readonly CharacterSet[]): CharacterSet {
	return setOf(...sets.flat())
}

export function complement(set: CharacterSet): CharacterSet {
	const rest: [number, number][] = []
	let next = 0
	for (const [from, to] of setOf(...set, surrogates)) {
		if (from > next) rest.push([next, from - 1])
		next = to + 1
	}
	if (next <= last) rest.push([next, last])
	return rest
}

export function without(set: CharacterSet, taken: CharacterSet): CharacterSet {
	return complement(union(complement(set), taken))
}

export function isEmpty(set: CharacterSet): boolean {
	return set.length === 0
}

/** Characters that need no escape in a JSON string. */
export const plain: CharacterSet = complement([
	[0, 0x1f],
	[0x22, 0x22],
	[0x5c, 0x5c],
	[0x7f, 0x7f],
])

/** The other characters with their JSON escapes. */
const escapes: readonly (readonly [code: number, written: string])[] = [
	[0x22, '\\"'],
	[0x5c, '\\\\'],
	[0x08, '\\b'],
	[0x0c, '\\f'],
	[0x0a, '\\n'],
	[0x0d, '\\r'],
	[0x09, '\\t'],
]

/**
 * One character of `set` as written in a JSON string; undefined if none can be. Control characters without a short
 * escape are left out.
 */
export function writeInString(set: CharacterSet): string | undefined {
	const alternatives = escapes
		.filter(([code]) => set.some(([from, to]) => from <= code && code <= to))
		.map(([, written]) => writeLiteral(written))
	const unescaped = without(set, complement(plain))
	if (!isEmpty(unescaped)) alternatives.unshift(writeClass(unescaped))
	if (alternatives.length === 0) return undefined
	return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join(' | ')})`
}

export function writeClass(set: CharacterSet): string {
	return `[${set.map(([from, to]) => (from === to ? writeCode(from) : `${writeCode(from)}-${writeCode(to)}`)).join('')}]`
}

/** A text as a quoted GBNF literal. */
export function writeLiteral(text: string): string {
	let written = ''
	for (const character of text) written += writeCode(character.codePointAt(0) ?? 0)
	return `"${written}"`
}

/**
 * Letters, digits and safe punctuation are written as they are, everything else by number, so that it cannot clash with
 * GBNF syntax.
 */
function writeCode(code: number): string {
	const character = String.fromCodePoint(code)
	if (code < 0x80 && /[A-Za-z0-9_<>/{}:,.;=+@#%&!?~ ]/.test(character)) return character
	if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
	return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
