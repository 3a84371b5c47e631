// Translates the regular expressions of JSON Schema's `pattern` to GBNF expressions over the characters of a JSON
// string. Supports the regular subset: classes, groups, alternatives, repetitions and anchors at the ends. Look-around
// and back-references are rejected.

import {
	type CharacterSet,
	characterOf,
	complement,
	isEmpty,
	setOf,
	union,
	writeClass,
	writeInString,
} from './character-set.ts'
import { mayBeEmpty } from './grammar-check.ts'
import { cannotEnforce, type SchemaPath } from './refusal.ts'
import { repeat } from './repetition.ts'

const digits: CharacterSet = [[0x30, 0x39]]
const wordCharacters = setOf([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a])
const spaces = setOf(
	[0x09, 0x0d],
	[0x20, 0x20],
	[0xa0, 0xa0],
	[0x1680, 0x1680],
	[0x2000, 0x200a],
	[0x2028, 0x2029],
	[0x202f, 0x202f],
	[0x205f, 0x205f],
	[0x3000, 0x3000],
	[0xfeff, 0xfeff],
)
const lineEnds = setOf([0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029])
const maxPatternCharacters = 2000
const maxNesting = 50

/**
 * The content of a JSON string, without its quotes, whose value matches `pattern`.
 *
 * @param anyCharacter the expression of any one character in a JSON string.
 * @throws ChatError `unsupported`.
 */
export function patternRule(pattern: string, anyCharacter: string, schemaPath: SchemaPath): string {
	if (pattern.length > maxPatternCharacters)
		throw cannotEnforce(`a pattern of more than ${maxPatternCharacters} characters`, schemaPath)
	return new Parser(pattern, `${anyCharacter}*`, writeInString, schemaPath).expression()
}

/**
 * A text that matches `pattern` as a whole.
 *
 * @param field of the request, for errors.
 * @throws ChatError `unsupported`.
 */
export function textPatternRule(pattern: string, field: string): string {
	if (pattern.length > maxPatternCharacters)
		throw cannotEnforce(`a pattern of more than ${maxPatternCharacters} characters`, field)
	return new Parser(pattern, '', writePlain, field).expression()
}

function writePlain(set: CharacterSet): string | undefined {
	return isEmpty(set) ? undefined : writeClass(set)
}

class Parser {
	private readonly characters: readonly string[]
	private readonly anyText: string
	private readonly writeSet: (set: CharacterSet) => string | undefined
	private readonly schemaPath: SchemaPath
	private at = 0
	private depth = 0

	/**
	 * @param anyText the expression of what may precede and follow a pattern without anchors; empty if nothing may.
	 * @param writeSet the expression of one character; undefined if there is none.
	 */
	constructor(
		pattern: string,
		anyText: string,
		writeSet: (set: CharacterSet) => string | undefined,
		schemaPath: SchemaPath,
	) {
		this.characters = [...pattern]
		this.anyText = anyText
		this.writeSet = writeSet
		this.schemaPath = schemaPath
	}

	expression(): string {
		const alternatives: string[] = []
		do alternatives.push(this.anchored())
		while (this.take('|'))
		if (this.at < this.characters.length) throw this.refuse(`'${this.peek()}'`)
		return alternatives.length === 1 ? (alternatives[0] ?? '""') : `(${alternatives.join(' | ')})`
	}

	/** One top-level alternative: without an anchor, any text may precede or follow. */
	private anchored(): string {
		const head = this.take('^') ? '' : this.anyText
		const body = this.sequence(true)
		const tail = this.take('$') ? '' : this.anyText
		return [head, body, tail].filter((part) => part !== '' && part !== '""').join(' ') || '""'
	}

	private alternatives(): string {
		const alternatives: string[] = []
		do alternatives.push(this.sequence(false))
		while (this.take('|'))
		return `(${alternatives.join(' | ')})`
	}

	private sequence(outermost: boolean): string {
		const parts: string[] = []
		for (let next = this.peek(); next !== undefined && next !== '|' && next !== ')'; next = this.peek()) {
			if (next === '$' && outermost && this.endsAlternative(this.at + 1)) break
			if (next === '^' || next === '$') throw this.refuse(`the anchor '${next}' inside the pattern`)
			parts.push(this.quantified(this.term()))
		}
		return parts.join(' ') || '""'
	}

	private endsAlternative(at: number): boolean {
		return at >= this.characters.length || this.characters[at] === '|'
	}

	private term(): string {
		const next = this.next()
		switch (next) {
			case '(':
				return this.group()
			case '[':
				return this.written(this.classSet())
			case '.':
				return this.written(complement(lineEnds))
			case '\\':
				return this.written(this.escape())
			case '*':
			case '+':
			case '?':
				throw this.refuse(`'${next}' without an expression to repeat`)
			default:
				if (next === '{' && /^\d+(,\d*)?\}/.test(this.characters.slice(this.at, this.at + 16).join('')))
					throw this.refuse("'{' without an expression to repeat")
				return this.written(characterOf(next))
		}
	}

	private group(): string {
		if (++this.depth > maxNesting) throw this.refuse('such deep nesting')
		if (this.take('?')) {
			const kind = this.next()
			if (kind === '<' && this.peek() !== '=' && this.peek() !== '!') while (this.next() !== '>');
			else if (kind !== ':') throw this.refuse('a look-around or inline flag')
		}
		const inner = this.alternatives()
		if (!this.take(')')) throw this.refuse('an unclosed group')
		this.depth--
		return inner
	}

	private quantified(term: string): string {
		const [least, most] = this.bounds()
		if (least === 1 && most === 1) return term
		// Lazy and possessive quantifiers match the same texts.
		if (!this.take('?')) this.take('+')
		if (most === 0) return '""'
		if (most !== 1 && mayBeEmpty(term)) throw this.refuse('a repeated expression that may be empty')
		return repeat(term, least, most, this.schemaPath)
	}

	private bounds(): readonly [number, number | undefined] {
		if (this.take('*')) return [0, undefined]
		if (this.take('+')) return [1, undefined]
		if (this.take('?')) return [0, 1]
		const counted = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.characters.slice(this.at, this.at + 16).join(''))
		if (counted === null) return [1, 1]
		this.at += counted[0].length
		const least = Number(counted[1])
		const most = counted[2] === undefined ? least : counted[3] === '' ? undefined : Number(counted[3])
		if (most !== undefined && most < least) throw this.refuse('a repetition whose minimum is greater than its maximum')
		return [least, most]
	}

	private classSet(): CharacterSet {
		const negated = this.take('^')
		const sets: CharacterSet[] = []
		while (!this.take(']')) {
			const from = this.classMember()
			if (this.peek() === '-' && this.characters[this.at + 1] !== ']' && this.characters[this.at + 1] !== undefined) {
				this.at++
				const to = this.classMember()
				const [low, high] = [from[0]?.[0], to[0]?.[1]]
				if (
					from.length !== 1 ||
					to.length !== 1 ||
					low === undefined ||
					high === undefined ||
					from[0]?.[0] !== from[0]?.[1] ||
					low > high
				)
					throw this.refuse('an invalid range in a character class')
				sets.push([[low, high]])
			} else sets.push(from)
		}
		return negated ? complement(union(...sets)) : union(...sets)
	}

	private classMember(): CharacterSet {
		const next = this.next()
		if (next !== '\\') return characterOf(next)
		if (this.take('b')) return [[0x08, 0x08]]
		return this.escape()
	}

	private escape(): CharacterSet {
		const next = this.next()
		switch (next) {
			case 'd':
				return digits
			case 'D':
				return complement(digits)
			case 'w':
				return wordCharacters
			case 'W':
				return complement(wordCharacters)
			case 's':
				return spaces
			case 'S':
				return complement(spaces)
			case 'n':
				return characterOf('\n')
			case 'r':
				return characterOf('\r')
			case 't':
				return characterOf('\t')
			case 'f':
				return characterOf('\f')
			case 'v':
				return characterOf('\v')
			case 'x':
				return this.numbered(2)
			case 'u':
				return this.take('{') ? this.braced() : this.numbered(4)
			default:
				if (/[A-Za-z0-9]/.test(next)) throw this.refuse(`'\\${next}'`)
				return characterOf(next)
		}
	}

	private numbered(length: number): CharacterSet {
		const hex = Array.from({ length }, () => this.next()).join('')
		if (!/^[0-9a-fA-F]+$/.test(hex)) throw this.refuse('an invalid escape')
		const code = Number.parseInt(hex, 16)
		return [[code, code]]
	}

	private braced(): CharacterSet {
		let hex = ''
		for (let next = this.next(); next !== '}'; next = this.next()) hex += next
		const code = Number.parseInt(hex, 16)
		if (!/^[0-9a-fA-F]{1,6}$/.test(hex) || code > 0x10ffff) throw this.refuse('an invalid escape')
		return [[code, code]]
	}

	private written(set: CharacterSet): string {
		const expression = this.writeSet(set)
		if (expression === undefined) throw this.refuse('a class without any character')
		return expression
	}

	private peek(): string | undefined {
		return this.characters[this.at]
	}

	private take(character: string): boolean {
		if (this.peek() !== character) return false
		this.at++
		return true
	}

	private next(): string {
		const next = this.characters[this.at++]
		if (next === undefined) throw this.refuse('an incomplete expression')
		return next
	}

	private refuse(feature: string) {
		return cannotEnforce(`the pattern: ${feature}`, this.schemaPath)
	}
}
