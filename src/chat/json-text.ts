// JSON text that is parsed and written again. JSON.parse rounds long integers, turns `1.0` into `1` and moves keys such
// as "12" to the front, so objects and arrays whose text would change remember it, and `stringifyJson` writes that text
// again. Everything else sees plain objects. This file does not know what the JSON means. Long because the parser, the
// writer and the copies share what is remembered.

import type { JsonObject } from './json.ts'
import { parseInParts } from './json-parts.ts'
import { noteMembers } from './member-counts.ts'

declare global {
	/** A value that JSON.stringify writes like the text it was made of. TypeScript has no types for it yet. */
	type RawJson = { readonly rawJSON: string }
	interface JSON {
		/** @param text JSON of a single value. @throws SyntaxError */
		rawJSON(text: string): RawJson
		isRawJSON(value: unknown): value is RawJson
	}
}

/** The remembered texts that one call of `stringifyJson` has met, in the order in which it writes them. */
interface MarkedTexts {
	readonly mark: string
	readonly texts: string[]
}

/** What objects and arrays were parsed from: JSON without white space between tokens. */
const texts = new WeakMap<object, string>()
/** The source of each number that is a direct member and would change, by the member's name or index. */
const numberSources = new WeakMap<object, ReadonlyMap<string, string>>()

/**
 * The call of `stringifyJson` that runs, which JSON.stringify cannot hand to `toJSON`. Both are synchronous, so no other
 * code sees it.
 */
let writing: { current: MarkedTexts | undefined } | undefined

/**
 * The value that JSON.parse returns. Objects and arrays that JSON.stringify would write differently (a number or the
 * order of keys, in them or in a descendant) remember their text and are frozen, because a later change would not be
 * in that text. Of a text with more than 50,000 such members nothing is remembered, since that takes much longer than
 * JSON.parse.
 *
 * @throws SyntaxError like JSON.parse.
 */
export function parseJson(text: string): unknown {
	const value: unknown = JSON.parse(text)
	return mayChange(text) ? finish(remembering(text, value)) : value
}

/**
 * `parseJson` of a long text, in steps.
 *
 * @param bytes UTF-8. A byte order mark is ignored.
 * @param isStrict whether bytes that are not UTF-8 are an error; otherwise they are replaced.
 * @throws SyntaxError for what is not JSON, TypeError for what is not UTF-8.
 */
export function* parseJsonInSteps(bytes: Uint8Array, isStrict = true): Generator<undefined, unknown, undefined> {
	const own = withoutMark(bytes)
	const { value, hasSpecial } = yield* parseInParts(own, { isSpecial: mayChange, isStrict })
	return hasSpecial ? yield* remembering(yield* decodeInSteps(own, isStrict), value) : value
}

/** The same without remembering how numbers are written, like JSON.parse: much faster for lists of numbers. */
export function* parseInexactJsonInSteps(bytes: Uint8Array): Generator<undefined, unknown, undefined> {
	return (yield* parseInParts(withoutMark(bytes), { isSpecial: () => false, isStrict: false })).value
}

function withoutMark(bytes: Uint8Array): Uint8Array {
	return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** The text of `bytes`, in steps. @throws TypeError for what is not UTF-8. */
export function* decodeInSteps(bytes: Uint8Array, isStrict = true): Generator<undefined, string, undefined> {
	const decoder = new TextDecoder('utf-8', { fatal: isStrict, ignoreBOM: true })
	let text = ''
	for (let at = 0; at < bytes.length; at += decodedBytes) {
		text += decoder.decode(bytes.subarray(at, at + decodedBytes), { stream: true })
		yield
	}
	return text + decoder.decode()
}

const decodedBytes = 262_144

/** @param value of JSON.parse. */
function* remembering(text: string, value: unknown): Generator<undefined, unknown, undefined> {
	const compact = yield* compactChanging(text)
	return compact === undefined ? value : yield* parseCompact(compact)
}

function mayChange(text: string): boolean {
	return changingNumber.test(text) || indexName.test(text)
}

function finish<Result>(steps: Generator<undefined, Result, undefined>): Result {
	for (;;) {
		const { done, value } = steps.next()
		if (done === true) return value
	}
}

/**
 * JSON.stringify, except that objects and arrays of `parseJson` that remember their text are written as this text,
 * without its white space.
 */
export function stringifyJson(value: unknown): string {
	const outer = writing
	const own: { current: MarkedTexts | undefined } = { current: undefined }
	writing = own
	let text: string
	try {
		text = JSON.stringify(value)
	} finally {
		writing = outer
	}
	return own.current === undefined ? text : insertTexts(text, own.current)
}

/** `stringifyJson` of a value that may be long, in steps. */
export function* stringifyJsonInSteps(value: unknown): Generator<undefined, string, undefined> {
	const pieces: string[] = []
	yield* writeInSteps(value, (piece) => pieces.push(piece))
	return pieces.join('')
}

/** The same as UTF-8, in pieces, because copying a long text as a whole takes long. */
export function* encodeJsonInSteps(value: unknown): Generator<undefined, readonly Uint8Array[], undefined> {
	const encoded: Uint8Array[] = []
	let text = ''
	const write = (piece: string) => {
		text += piece
		if (text.length < charactersPerStep) return
		encoded.push(Buffer.from(text))
		text = ''
	}
	yield* writeInSteps(value, write)
	encoded.push(Buffer.from(text))
	return encoded
}

/** @param write receives pieces of the text, none of which ends in a character. */
function* writeInSteps(value: unknown, write: (piece: string) => void): Generator<undefined, void, undefined> {
	if (typeof value === 'string') {
		yield* writeTextInSteps(value, write)
		return
	}
	if (!isLong(value)) {
		write(stringifyJson(value))
		return
	}
	yield
	if (!Array.isArray(value)) {
		let before = '{'
		for (const [name, own] of Object.entries(value)) {
			if (own === undefined) continue
			write(`${before}${JSON.stringify(name)}:`)
			yield* writeInSteps(own, write)
			before = ','
		}
		write(before === '{' ? '{}' : '}')
		return
	}
	for (let at = 0; at < value.length; ) {
		write(at === 0 ? '[' : ',')
		const end = endOfShort(value, at)
		if (end === at) yield* writeInSteps(value[at++], write)
		else {
			// In an array, undefined is written as null.
			write(stringifyJson(value.slice(at, end)).slice(1, -1))
			at = end
			yield
		}
	}
	write(']')
}

function* writeTextInSteps(text: string, write: (piece: string) => void): Generator<undefined, void, undefined> {
	if (text.length <= charactersPerStep) {
		write(JSON.stringify(text))
		return
	}
	write('"')
	for (let at = 0; at < text.length; ) {
		let end = at + charactersPerStep
		// Half of a character would be written as an escape.
		while (isHighSurrogate(text.charCodeAt(end - 1))) end++
		write(JSON.stringify(text.slice(at, end)).slice(1, -1))
		at = end
		yield
	}
	write('"')
}

function isHighSurrogate(unit: number): boolean {
	return unit >> 10 === 0xd800 >> 10
}

/** What is written in one step: values, and characters of one text. */
const [valuesPerStep, charactersPerStep] = [1024, 65_536]
/** Characters of a text that take as long as a value. */
const charactersPerValue = 64

/** The elements from `from` on that are written in one step; none if the first one is too long. */
function endOfShort(array: readonly unknown[], from: number): number {
	let room = valuesPerStep
	for (let end = from; end < array.length; end++) {
		room = roomAfter(array[end], room - 1)
		if (room < 0) return end
	}
	return array.length
}

/** What remembers its text, and a raw number, is written as a whole. */
function isLong(value: unknown): value is readonly unknown[] | Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null || 'toJSON' in value || JSON.isRawJSON(value)) return false
	return roomAfter(value, valuesPerStep) < 0
}

/** What remains of `room` after all values in `value` have been counted; negative if there are more. */
function roomAfter(value: unknown, room: number): number {
	if (room < 0) return room
	if (typeof value === 'string') return room - Math.floor(value.length / charactersPerValue)
	if (typeof value !== 'object' || value === null) return room
	let rest = room
	if (Array.isArray(value)) {
		rest -= value.length
		for (let index = 0; index < value.length && rest >= 0; index++) rest = roomAfter(value[index], rest)
		return rest
	}
	for (const name in value) {
		rest = roomAfter(value[name as keyof typeof value], rest - 1)
		if (rest < 0) break
	}
	return rest
}

/**
 * The members of an object or an array of `parseJson`, for code that copies some of them to another object: each number
 * that would change is a raw JSON value, which JSON.stringify and `stringifyJson` write like its source. Other members
 * are unchanged. Not for code that calculates with them.
 */
export function exactMembers(object: readonly unknown[]): readonly unknown[]
export function exactMembers(object: JsonObject): JsonObject
export function exactMembers(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
export function exactMembers(object: object): object
export function exactMembers(object: object): object {
	const numbers = numberSources.get(object)
	if (numbers === undefined) return object
	const copy = Array.isArray(object) ? [] : {}
	for (const [name, value] of Object.entries(object)) {
		const source = numbers.get(name)
		Object.defineProperty(copy, name, member(source === undefined ? value : JSON.rawJSON(source)))
	}
	return copy
}

/**
 * `copy`, a changed copy of an object of `parseJson`, which then remembers the sources of the numbers that it did not
 * change, for `exactMembers` and `readInteger`.
 */
export function copyNumbers<Copy extends Readonly<Record<string, unknown>>>(
	object: Readonly<Record<string, unknown>>,
	copy: Copy,
): Copy {
	const numbers = [...(numberSources.get(object) ?? [])].filter(([name]) => Object.is(object[name], copy[name]))
	if (numbers.length > 0) numberSources.set(copy, new Map(numbers))
	return copy
}

/**
 * `copy`, a copy of a value of `parseJson`, or of a changed copy of one, that may lack or replace members at any level: the objects and arrays in it
 * remember the sources of the numbers that did not change. The time depends on the objects that were copied only.
 */
export function copyAllNumbers<Copy>(given: unknown, copy: Copy): Copy {
	if (!isRecord(given) || !isRecord(copy) || copy === given) return copy
	copyNumbers(given, copy)
	for (const [name, value] of Object.entries(given))
		if (isRecord(value) && texts.has(value)) copyAllNumbers(value, copy[name])
	return copy
}

/** Arrays are records of their indexes. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null
}

/**
 * The integer `value` that was read from the member `name` of `body`, as a bigint if a number does not represent its
 * source exactly.
 */
export function readInteger(value: number, body: unknown, name: string): number | bigint {
	if (Number.isSafeInteger(value) || typeof body !== 'object' || body === null) return value
	const source = numberSources.get(body)?.get(name)
	return source !== undefined && /^-?\d{1,100}$/.test(source) ? BigInt(source) : value
}

/** An integer as JSON: all of its digits are written. */
export function writeInteger(value: number | bigint | undefined): number | RawJson | undefined {
	return typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value
}

function insertTexts(text: string, { mark, texts }: MarkedTexts): string {
	const pieces = text.split(`"${mark}"`)
	let whole = pieces[0] ?? ''
	for (const [index, remembered] of texts.entries()) whole += remembered + (pieces[index + 1] ?? '')
	return whole
}

/** `toJSON` of objects and arrays that remember their text. JSON.stringify alone writes all but the order of keys. */
function toMark(this: object): unknown {
	const text = texts.get(this)
	if (writing === undefined || text === undefined) return exactMembers(this)
	// Client text cannot contain the mark, because it is drawn after that text has arrived.
	writing.current ??= { mark: crypto.randomUUID(), texts: [] }
	writing.current.texts.push(text)
	return writing.current.mark
}

function remember(value: object, text: string, numbers: ReadonlyMap<string, string> | undefined): void {
	texts.set(value, text)
	if (numbers !== undefined) numberSources.set(value, numbers)
	const own = Object.getOwnPropertyDescriptor(value, 'toJSON')?.value
	// A member of that name has its value for everyone except `stringifyJson`.
	if (Object.hasOwn(value, 'toJSON'))
		Object.defineProperty(value, 'toJSON', { get: () => (writing === undefined ? own : toMark), enumerable: true })
	else Object.defineProperty(value, 'toJSON', { value: toMark, enumerable: false })
	Object.freeze(value)
}

/**
 * Matches each member that would change, and few others, such as one in a string: `-0`, and numbers with 16 digits, an
 * exponent, or a fraction that ends in zero or begins with six.
 */
const changingNumber = /[[,:]\s*-?\d(?:(?<=-0)|[\d.]{15}|\d*(?:[eE]|\.(?:0{6}|\d*(?:0(?!\d)|[eE]))))[-+.\deE]*\s*[,\]}]/
const changingNumbers = new RegExp(changingNumber, 'g')
const indexName = /"(?:\d|\\u003\d)+"\s*:/
/** Members whose text is remembered, in one text. */
const maxRemembered = 50_000
const number = /[-+.\deE]+/y
const numbers = /-?\d[-+.\deE]*/g
/** A name that JavaScript orders before the others, by its value. With escapes it has at most 60 characters. */
const index = /^\d{1,10}$/

/**
 * The text without white space between tokens. Undefined if JSON.stringify would write the same as this text, or if too
 * many members would change.
 */
function* compactChanging(text: string): Generator<undefined, string | undefined, undefined> {
	const pieces: string[] = []
	let changes = false
	let isIndex = false
	let remembered = 0
	let at = 0
	while (at < text.length) {
		if (pieces.length % tokensPerStep === 0) yield
		const quote = text.indexOf('"', at)
		const end = quote === -1 ? text.length : quote
		const cut = end - at > longTokens ? text.indexOf(',', at + longTokens) : -1
		if (cut !== -1 && cut < end) {
			// Numbers only.
			const tokens = text.slice(at, cut).replace(/\s+/g, '')
			pieces.push(tokens)
			remembered += countChanging(tokens, maxRemembered - remembered)
			if (remembered > maxRemembered) return undefined
			changes ||= tokens.match(numbers)?.some(changesNumber) ?? false
			at = cut
			yield
			continue
		}
		const tokens = text.slice(at, end).replace(/\s+/g, '')
		pieces.push(tokens)
		if (isIndex && tokens.startsWith(':')) {
			changes = true
			remembered++
		}
		remembered += countChanging(tokens, maxRemembered - remembered)
		if (remembered > maxRemembered) return undefined
		changes ||= tokens.match(numbers)?.some(changesNumber) ?? false
		if (quote === -1) break
		at = text.indexOf('"', quote + 1)
		at = text[at - 1] === '\\' ? yield* endOfString(text, quote) : at + 1
		const string = text.slice(quote, at)
		pieces.push(string)
		isIndex = string.length < 64 && index.test(decode(string))
	}
	return changes ? escapeSurrogates(pieces.join('')) : undefined
}

/** Strings with the tokens between them, of one step. */
const tokensPerStep = 64
/** Characters between two strings that are read in one step. */
const longTokens = 32_768

/** The number of members that would change, up to one more than `most`. Of two neighbors one may be missed. */
function countChanging(tokens: string, most: number): number {
	let count = 0
	if (tokens.length < 4) return count
	for (const _ of tokens.matchAll(changingNumbers)) if (++count > most) break
	return count
}

/** Lone surrogates become escapes, like in JSON.stringify: UTF-8 cannot express them. */
function escapeSurrogates(text: string): string {
	if (text.isWellFormed()) return text
	return text.replace(/\p{Surrogate}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)
}

function changesNumber(source: string): boolean {
	return String(Number(source)) !== source
}

/** The position after the string that begins with the quote at `from`. */
function* endOfString(text: string, from: number): Generator<undefined, number, undefined> {
	let quotes = 0
	for (let quote = text.indexOf('"', from + 1); ; quote = text.indexOf('"', quote + 1)) {
		let at = quote
		while (text[at - 1] === '\\') at--
		if ((quote - at) % 2 === 0) return quote + 1
		if (++quotes % quotesPerStep === 0) yield
	}
}

const quotesPerStep = 512

/** An object or an array whose end has not been read. */
interface Open {
	readonly value: Record<string, unknown> | unknown[]
	readonly from: number
	name: string
	members: number
	changes: boolean
	numbers: Map<string, string> | undefined
}

/** @param text valid JSON without white space between tokens. A stack instead of recursion permits any depth. */
function* parseCompact(text: string): Generator<undefined, unknown, undefined> {
	const open: Open[] = []
	let parent: Open | undefined
	let root: unknown
	const add = (value: unknown) => {
		if (parent === undefined) root = value
		else addMember(parent, value)
	}
	let at = 0
	for (let tokens = 1; at < text.length; tokens++) {
		if (tokens % compactTokensPerStep === 0) yield
		const character = text[at]
		switch (character) {
			case '{':
			case '[':
				parent = {
					value: character === '{' ? {} : [],
					from: at,
					name: '',
					members: 0,
					changes: false,
					numbers: undefined,
				}
				open.push(parent)
				at++
				break
			case '}':
			case ']': {
				at++
				const closed = open.pop()
				parent = open.at(-1)
				if (closed === undefined) break
				if (character === '}') noteMembers(closed.value, closed.members)
				if (closed.changes) remember(closed.value, text.slice(closed.from, at), closed.numbers)
				if (closed.changes && parent !== undefined) parent.changes = true
				add(closed.value)
				break
			}
			case ',':
				at++
				break
			case '"': {
				const near = text.indexOf('"', at + 1)
				const end = text[near - 1] === '\\' ? yield* endOfString(text, at) : near + 1
				const string = decode(text.slice(at, end))
				at = end
				if (text[at] !== ':') add(string)
				else if (parent !== undefined) {
					at++
					parent.name = string
					if (index.test(string)) parent.changes = true
				}
				break
			}
			case 't':
				add(true)
				at += 4
				break
			case 'f':
				add(false)
				at += 5
				break
			case 'n':
				add(null)
				at += 4
				break
			default: {
				number.lastIndex = at
				const source = number.exec(text)?.[0] ?? ''
				at += source.length
				add(Number(source))
				if (parent !== undefined && changesNumber(source)) addNumber(parent, source)
			}
		}
	}
	return root
}

/** Tokens that are parsed in one step. */
const compactTokensPerStep = 512

function member(value: unknown): PropertyDescriptor {
	return { value, enumerable: true, writable: true, configurable: true }
}

function decode(string: string): string {
	return string.includes('\\') ? String(JSON.parse(string)) : string.slice(1, -1)
}

/** The last of several members with one name counts, like in JSON.parse. */
function addMember(parent: Open, value: unknown): void {
	const { name, numbers } = parent
	parent.members++
	if (Array.isArray(parent.value)) parent.value.push(value)
	else {
		numbers?.delete(name)
		if (name !== '__proto__') parent.value[name] = value
		else Object.defineProperty(parent.value, name, member(value))
	}
}

function addNumber(parent: Open, source: string): void {
	parent.changes = true
	parent.numbers ??= new Map()
	parent.numbers.set(Array.isArray(parent.value) ? String(parent.value.length - 1) : parent.name, source)
}
