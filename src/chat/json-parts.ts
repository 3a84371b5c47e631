// Parses a long JSON text in parts: runs of complete elements or members of about 16 kB, each with JSON.parse, which are
// joined to the value that JSON.parse returns for the whole. Between two parts, other work can be done. It does not
// know what the JSON means, nor how numbers are written (json-text.ts). Long because its class is one state machine over the bytes, with the
// functions that cut and join parts.

import { noteMembers } from './member-counts.ts'

/** In bytes. A part is parsed in well under a millisecond. */
const partBytes = 16_384
/** What is looked at in one step: bytes, and brackets, commas and quotes. */
const [lookBytes, mostLooks] = [32_768, 4096]

/** A string of more bytes is decoded in pieces. */
const longBytes = 262_144
const pieceBytes = 131_072

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const spaces: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09])
const [bracket, brace, closingBracket, closingBrace] = [0x5b, 0x7b, 0x5d, 0x7d]

export interface JsonPartReading {
	readonly isSpecial: (text: string) => boolean
	/** Whether the text must be UTF-8; otherwise what is not is replaced. */
	readonly isStrict: boolean
}

export interface ParsedParts {
	readonly value: unknown
	/** Whether a text for which `isSpecial` returned true is part of the JSON. */
	readonly hasSpecial: boolean
}

interface LongString {
	/** Where the next piece begins. */
	at: number
	/** The position of its last quote. */
	readonly end: number
	readonly pieces: string[]
	/** Adds the whole text. */
	readonly add: (text: string) => void
}

/** An array or an object whose end has not been read. */
interface Level {
	readonly isArray: boolean
	/** The position after its opening bracket. */
	readonly start: number
	/** The position of its name in the object around it; -1 in an array. */
	readonly nameAt: number
	/** What was read of it; undefined while it fits into a part of the value around it. */
	value: unknown[] | Record<string, unknown> | undefined
	/** Where what was not read begins. */
	from: number
	/** Members of an object that were read. */
	members: number
	/** A comma is before `from`: a value must follow. */
	followsComma: boolean
	/** A value that was read on its own is before `from`: only a comma or the end may follow. */
	followsValue: boolean
}

/**
 * @param bytes UTF-8, without a byte order mark.
 * @throws SyntaxError for what is not JSON, TypeError for what is not UTF-8 if it must be.
 */
export function* parseInParts(
	bytes: Uint8Array,
	{ isSpecial, isStrict }: JsonPartReading,
): Generator<undefined, ParsedParts, undefined> {
	const reader = new JsonPartReader(bytes, isSpecial, isStrict)
	while (!reader.look()) yield
	return reader.result()
}

class JsonPartReader {
	private readonly bytes: Uint8Array
	private readonly isSpecial: (text: string) => boolean
	private readonly decoder: TextDecoder
	private readonly levels: Level[] = []
	/** How many of the levels, from the outermost one, have a value. */
	private begun = 0
	private at = 0
	/** The string that was read last, which is the name of the value that follows it, and the one before. */
	private stringAt = -1
	private nameAt = -1
	/** The position in an unfinished string from where its end is looked for; -1 outside of strings. */
	private inString = -1
	/** A long string that is being read. */
	private long: LongString | undefined
	/** The last byte that is not white space. */
	private lastSolid = -1
	private rootEnd = -1
	private root: unknown
	private hasSpecial = false

	constructor(bytes: Uint8Array, isSpecial: (text: string) => boolean, isStrict: boolean) {
		this.bytes = bytes
		this.isSpecial = isSpecial
		this.decoder = new TextDecoder('utf-8', { fatal: isStrict, ignoreBOM: true })
	}

	/** Looks at some bytes. @returns whether all bytes were looked at. */
	look(): boolean {
		if (this.long !== undefined) {
			this.readLong(this.long)
			return false
		}
		const { bytes } = this
		const end = Math.min(bytes.length, this.at + lookBytes)
		const parsedUntil = this.begunFrom()
		for (let looks = 0; this.at < end; looks++) {
			if (looks > mostLooks || this.begunFrom() !== parsedUntil) return false
			if (this.inString !== -1) {
				this.readString()
				if (this.long !== undefined) return false
				continue
			}
			const at = this.skip(end)
			if (at === -1) return this.at >= bytes.length
			this.at = at + 1
			switch (bytes[at]) {
				case quote:
					this.nameAt = this.stringAt
					this.stringAt = at
					this.inString = at + 1
					break
				case bracket:
				case brace:
					this.open(at)
					break
				case comma:
					this.separate(at)
					break
				default:
					this.close(at)
			}
			this.lastSolid = at
		}
		return this.at >= bytes.length
	}

	/** @throws SyntaxError */
	result(): ParsedParts {
		if (this.inString !== -1 || this.levels.length > 0) throw new SyntaxError('the JSON is incomplete')
		if (this.root !== undefined && this.lastSolid >= this.rootEnd) throw new SyntaxError('the JSON has a second value')
		const value = this.root ?? this.parse('', 0, this.bytes.length, '')
		return { value, hasSpecial: this.hasSpecial }
	}

	/** The next byte that is part of the structure; -1 if there is none before `end`. */
	private skip(end: number): number {
		const { bytes } = this
		for (let at = this.at; at < end; at++) {
			const byte = bytes[at] ?? 0
			switch (byte) {
				case quote:
				case bracket:
				case brace:
				case comma:
				case closingBracket:
				case closingBrace:
					return at
				case 0x20:
				case 0x0a:
				case 0x0d:
				case 0x09:
					break
				default:
					this.lastSolid = at
			}
		}
		this.at = end
		return -1
	}

	/** Looks for the next quote. */
	private readString(): void {
		const { bytes } = this
		const found = bytes.indexOf(quote, this.inString)
		if (found === -1) throw new SyntaxError('a string has no end')
		let before = found
		while (before > this.inString && bytes[before - 1] === backslash) before--
		const isEscaped = (found - before) % 2 === 1
		if (!isEscaped && found - this.stringAt > longBytes && this.isValue(this.stringAt)) {
			this.beginLong(this.stringAt, found)
			return
		}
		this.at = found + 1
		this.inString = isEscaped ? found + 1 : -1
		this.lastSolid = found
	}

	/** Whether the string at this position is an element or the value of a member, and not a name. */
	private isValue(at: number): boolean {
		const level = this.levels.at(-1)
		if (level === undefined || level.followsValue) return false
		if (level.isArray) return true
		let before = at - 1
		while (spaces.has(this.bytes[before] ?? 0)) before--
		return this.bytes[before] === colon
	}

	/** A long string is a value of its own. */
	private beginLong(start: number, end: number): void {
		const level = this.levels.at(-1)
		if (level?.value === undefined) this.begin()
		if (level?.value === undefined) return
		const { value } = level
		this.long = { at: start + 1, end, pieces: [], add: (text) => this.addBefore(level, start, text, value) }
	}

	/** Decodes a piece, which ends neither in a character nor in an escape. */
	private readLong(long: LongString): void {
		const { bytes } = this
		const { at, end, pieces, add } = long
		const cut = cutOf(bytes, at, end)
		pieces.push(String(JSON.parse(`"${this.decoder.decode(bytes.subarray(at, cut))}"`)))
		long.at = cut
		if (cut < end) return
		add(pieces.join(''))
		const level = this.levels.at(-1)
		if (level !== undefined) {
			level.from = end + 1
			level.followsComma = false
			level.followsValue = true
		}
		this.long = undefined
		this.at = end + 1
		this.inString = -1
		this.lastSolid = end
	}

	private open(at: number): void {
		const around = this.levels.at(-1)
		if (around === undefined) {
			if (this.rootEnd !== -1 || this.lastSolid !== -1) throw new SyntaxError('the JSON has a second value')
		} else if (around.followsValue) throw new SyntaxError('a comma is missing')
		this.levels.push({
			isArray: this.bytes[at] === bracket,
			start: at + 1,
			nameAt: around?.isArray === false ? this.stringAt : -1,
			value: undefined,
			members: 0,
			from: at + 1,
			followsComma: false,
			followsValue: false,
		})
	}

	private separate(at: number): void {
		const level = this.levels.at(-1)
		if (level === undefined) throw new SyntaxError('a comma is outside of arrays and objects')
		if (level.followsValue) {
			if (this.lastSolid >= level.from) throw new SyntaxError('a comma is missing')
		} else {
			if (at - this.begunFrom() < partBytes) return
			this.begin()
			this.add(level, at)
		}
		level.from = at + 1
		level.followsComma = true
		level.followsValue = false
	}

	private close(at: number): void {
		const level = this.levels.pop()
		if (level === undefined || level.isArray !== (this.bytes[at] === closingBracket))
			throw new SyntaxError('a bracket has no opening bracket')
		if (level.value !== undefined) {
			if (this.lastSolid >= level.from) {
				if (level.followsValue) throw new SyntaxError('a comma is missing')
				this.add(level, at)
			} else if (level.followsComma) throw new SyntaxError('a value is missing')
			this.begun--
			if (!level.isArray) noteMembers(level.value, level.members)
			const around = this.levels.at(-1)
			if (around !== undefined) {
				around.from = at + 1
				around.followsComma = false
				around.followsValue = true
			}
		}
		if (this.levels.length === 0) this.rootEnd = at + 1
	}

	/** Where what was not parsed begins. */
	private begunFrom(): number {
		return this.levels[Math.max(0, this.begun - 1)]?.from ?? 0
	}

	/** Gives each level a value, in the value around it. */
	private begin(): void {
		for (; this.begun < this.levels.length; this.begun++) {
			const level = this.levels[this.begun]
			const around = this.levels[this.begun - 1]
			if (level === undefined) return
			level.value = level.isArray ? [] : {}
			if (around === undefined) this.root = level.value
			else if (around.value !== undefined)
				this.addBefore(around, level.start - 1, level.value, around.value, level.nameAt)
		}
	}

	/** Adds what is before the value at `at` to the value around it, and then this value. A comma must be between them. */
	private addBefore(
		level: Level,
		at: number,
		own: unknown,
		around: unknown[] | Record<string, unknown>,
		nameAt = this.nameAt,
	): void {
		const { from } = level
		if (Array.isArray(around)) {
			append(around, this.parse('[', from, at, 'null]'), 1)
			around.push(own)
			return
		}
		level.members += merge(around, this.parse('{', from, at, 'null}'))
		setMember(around, String(this.parse('', nameAt, endOfString(this.bytes, nameAt), '')), own)
	}

	/** Adds complete elements or members, of which there must be one. */
	private add(level: Level, to: number): void {
		const { value, from } = level
		if (Array.isArray(value)) {
			if (append(value, this.parse('[', from, to, ']'), 0) === 0) throw new SyntaxError('a value is missing')
		} else if (value !== undefined) {
			const members = merge(value, this.parse('{', from, to, '}'))
			if (members === 0) throw new SyntaxError('a member is missing')
			level.members += members
		}
	}

	private parse(before: string, from: number, to: number, after: string): unknown {
		const text = before + this.decoder.decode(this.bytes.subarray(from, to)) + after
		if (!this.hasSpecial && this.isSpecial(text)) this.hasSpecial = true
		return JSON.parse(text)
	}
}

/** The end of a piece of a string that begins at `from`, not in a character or an escape. */
function cutOf(bytes: Uint8Array, from: number, end: number): number {
	let cut = from + pieceBytes
	if (cut >= end) return end
	// A backslash that is not escaped itself begins an escape of two or six bytes.
	for (let at = cut - 1; at > from && at > cut - 7; at--) {
		if (bytes[at] !== backslash) continue
		let first = at
		while (first > from && bytes[first - 1] === backslash) first--
		const isEscaped = (at - first) % 2 === 1
		if (!isEscaped) cut = Math.max(cut, at + (bytes[at + 1] === letterU ? 6 : 2))
		break
	}
	while (cut < end && isContinuation(bytes[cut] ?? 0)) cut++
	return Math.min(cut, end)
}

const letterU = 0x75

function isContinuation(byte: number): boolean {
	return byte >> 6 === 2
}

/** The position after the string that begins at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
	for (let from = start + 1; ; ) {
		const end = bytes.indexOf(quote, from)
		if (end === -1) throw new SyntaxError('a string has no end')
		let before = end
		while (before > from && bytes[before - 1] === backslash) before--
		if ((end - before) % 2 === 0) return end + 1
		from = end + 1
	}
}

/** @param without elements at the end. @returns the number of elements. */
function append(array: unknown[], part: unknown, without: number): number {
	if (!Array.isArray(part)) return 0
	for (let index = 0; index < part.length - without; index++) array.push(part[index])
	return part.length
}

/** @returns the number of members. */
function merge(object: Record<string, unknown>, part: unknown): number {
	const members = Object.entries(part as object)
	for (const [name, value] of members) setMember(object, name, value)
	return members.length
}

/** The last of several members with one name counts, at the position of the first, like in JSON.parse. */
function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
	if (name !== '__proto__') object[name] = value
	else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}
