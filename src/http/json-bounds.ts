// Checks the size of a parsed JSON body in one pass, before any schema looks inside: depth, elements of arrays, entries
// of objects, and the length of texts. Bounds of fields are found by their path, in a tree. It does not know which fields
// exist, nor how a dialect writes the error.

import { ChatError } from '../chat/error.ts'
import { isObject } from '../chat/json.ts'
import { notedMembers } from '../chat/member-counts.ts'
import { findInSteps, namesOf } from '../system/resumable.ts'
import type { RequestBounds } from './request-bounds.ts'

type BoundName = keyof RequestBounds

/** The bounds at one position of a body, and below it. All are optional: what has none has the bounds of any value. */
export interface BoundedField {
	/** Elements of an array. */
	readonly elements?: BoundName | undefined
	/** Elements of an array of numbers only. */
	readonly numbers?: BoundName | undefined
	/** Entries of an object. */
	readonly entries?: BoundName | undefined
	/** Length of a text. */
	readonly characters?: BoundName | undefined
	/** Members of an object, by name. */
	readonly members?: ReadonlyMap<string, BoundedField> | undefined
	/** Elements of an array, and members of an object that `members` lacks. */
	readonly each?: BoundedField | undefined
}

/** A bound that a value exceeds. The path is in reverse order until the root has been reached. */
interface Excess {
	readonly path: (string | number)[]
	readonly what: 'array' | 'object' | 'string' | 'depth'
	readonly setting: BoundName | 'jsonDepth'
	readonly length: number
}

export interface JsonBounds {
	readonly bounds: RequestBounds
	/** The bounds of the fields of a body. */
	readonly fields: BoundedField
	/** Maximum nesting of arrays and objects. */
	readonly maxDepth: number
}

/** @throws ChatError `invalid-request` that names the field, the bound, its setting and the size. */
export function checkJson(value: unknown, { bounds, fields, maxDepth }: JsonBounds): void {
	const excess = new JsonCheck(bounds, maxDepth).find(value, fields, 0)
	if (excess !== undefined) throw excessError(excess, bounds, maxDepth)
}

/** The same for one text at `path`, such as a field of a form. */
export function checkText(text: string, path: string, field: BoundedField | undefined, bounds: RequestBounds): void {
	const setting = field?.characters
	if (setting !== undefined && text.length > bounds[setting])
		throw excessError({ path: [path], what: 'string', setting, length: text.length }, bounds, 0)
}

class JsonCheck {
	private readonly bounds: RequestBounds
	private readonly maxDepth: number

	constructor(bounds: RequestBounds, maxDepth: number) {
		this.bounds = bounds
		this.maxDepth = maxDepth
	}

	/** Recursion is bounded by the maximum depth. */
	find(value: unknown, field: BoundedField | undefined, depth: number): Excess | undefined {
		if (typeof value === 'string') return this.findInText(value, field)
		if (typeof value !== 'object' || value === null) return undefined
		if (depth === this.maxDepth) return { path: [], what: 'depth', setting: 'jsonDepth', length: depth + 1 }
		if (Array.isArray(value)) return this.findInArray(value, field, depth)
		return isObject(value) ? this.findInObject(value, field, depth) : undefined
	}

	private findInText(text: string, field: BoundedField | undefined): Excess | undefined {
		const setting = field?.characters
		if (setting === undefined || text.length <= this.bounds[setting]) return undefined
		return { path: [], what: 'string', setting, length: text.length }
	}

	private findInArray(array: readonly unknown[], field: BoundedField | undefined, depth: number): Excess | undefined {
		const { length } = array
		const setting = this.arraySetting(array, field)
		if (length > this.bounds[setting]) return { path: [], what: 'array', setting, length }
		const each = field?.each
		return findInSteps(array, boundsLoop, (element, index) => {
			if (typeof element !== 'object' && each === undefined) return undefined
			const excess = this.find(element, each, depth + 1)
			return excess === undefined ? undefined : below(index, excess)
		})
	}

	private arraySetting(array: readonly unknown[], { elements, numbers }: BoundedField = {}): BoundName {
		const setting = elements ?? 'arrayElements'
		if (numbers === undefined || array.length <= this.bounds[setting]) return setting
		return array.every((element) => typeof element === 'number') ? numbers : setting
	}

	private findInObject(
		object: Readonly<Record<string, unknown>>,
		field: BoundedField | undefined,
		depth: number,
	): Excess | undefined {
		const setting = field?.entries ?? 'mapEntries'
		const noted = notedMembers(object) ?? 0
		if (noted > this.bounds[setting]) return { path: [], what: 'object', setting, length: noted }
		const names = namesOf(object)
		if (names.length > this.bounds[setting]) return { path: [], what: 'object', setting, length: names.length }
		return findInSteps(names, boundsLoop, (name) => {
			const value = object[name]
			const known = field?.members?.get(name) ?? field?.each
			if (typeof value !== 'object' && known === undefined) return undefined
			const excess = this.find(value, known, depth + 1)
			return excess === undefined ? undefined : below(name, excess)
		})
	}
}

const boundsLoop = 'bounds'

function below(step: string | number, excess: Excess): Excess {
	excess.path.push(step)
	return excess
}

/** The wording and the codes are those of OpenAI's API. */
function excessError({ path, what, setting, length }: Excess, bounds: RequestBounds, maxDepth: number): ChatError {
	const param = writePath(path.toReversed())
	if (setting === 'jsonDepth')
		return new ChatError(
			'invalid-request',
			`The JSON body of your request is nested more than ${maxDepth} levels deep (limits.jsonDepth)${param === '' ? '' : `, in '${param}'`}.`,
			{ setting: 'limits.jsonDepth' },
		)
	const max = bounds[setting]
	switch (what) {
		case 'array':
			return sizeError(param, setting, 'array_above_max_length', [
				`array too long. Expected an array with maximum length ${max}`,
				`an array with length ${length}`,
			])
		case 'object':
			return sizeError(param, setting, 'object_above_max_properties', [
				`object with too many properties. Expected an object with at most ${max} properties`,
				`an object with ${length} properties`,
			])
		default:
			return sizeError(param, setting, 'string_above_max_length', [
				`string too long. Expected a string with maximum length ${max}`,
				`a string with length ${length}`,
			])
	}
}

function sizeError(
	param: string,
	setting: BoundName,
	code: string,
	[expected, actual]: readonly [string, string],
): ChatError {
	const where = param === '' ? 'the request body' : `'${param}'`
	return new ChatError(
		'invalid-request',
		`Invalid ${where}: ${expected} (limits.${setting}), but got ${actual} instead.`,
		{ param: param === '' ? undefined : param, code, setting: `limits.${setting}` },
	)
}

const maxShownCharacters = 100
const maxShownSteps = 20

/** `messages[0].content`; long names and paths are shortened. */
function writePath(path: readonly (string | number)[]): string {
	let text = ''
	for (const step of path.slice(0, maxShownSteps)) {
		if (typeof step === 'number') text += `[${step}]`
		else text += `${text === '' ? '' : '.'}${step.slice(0, maxShownCharacters)}`
	}
	return path.length > maxShownSteps ? `${text}…` : text
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [bracket, brace, closingBracket, closingBrace] = [0x5b, 0x7b, 0x5d, 0x7d]

/** Smaller texts are parsed within a few milliseconds whatever their depth, in bytes. */
const deepBytes = 262_144

/**
 * Refuses a JSON text that has too many values, by its commas and opening brackets outside of strings, or that is large
 * and too deep: before a parser allocates an object for each value or level.
 *
 * @param bytes UTF-8. Invalid JSON may pass.
 * @throws ChatError `too-large`, `invalid-request`
 */
export function checkJsonText(bytes: Uint8Array, limits: Pick<JsonBounds, 'bounds' | 'maxDepth'>): void {
	const steps = checkJsonTextInSteps(bytes, limits)
	while (steps.next().done !== true);
}

/** The same, in steps. */
export function* checkJsonTextInSteps(
	bytes: Uint8Array,
	{ bounds, maxDepth }: Pick<JsonBounds, 'bounds' | 'maxDepth'>,
): Generator<undefined, void, undefined> {
	const { jsonValues } = bounds
	// Each counted value has at least a byte of its own, and a separator.
	if (bytes.length <= jsonValues && bytes.length < deepBytes) return
	const deepest = bytes.length < deepBytes ? Number.POSITIVE_INFINITY : maxDepth
	let [values, depth] = [1, 0]
	let steps = 0
	for (let at = 0; at < bytes.length; at++) {
		if (++steps % bytesPerStep === 0) yield
		const byte = bytes[at]
		if (byte === quote) {
			const end = bytes.indexOf(quote, at + 1)
			at = bytes[end - 1] === backslash ? yield* endOfString(bytes, at) : end
			if (at === -1) return
		} else if (byte === comma || byte === bracket || byte === brace) {
			if (++values > jsonValues) throw tooManyValues(jsonValues)
			if (byte !== comma && ++depth > deepest)
				throw excessError({ path: [], what: 'depth', setting: 'jsonDepth', length: depth }, bounds, maxDepth)
		} else if (byte === closingBracket || byte === closingBrace) depth--
	}
}

/** What is looked at in one step: bytes outside of strings, and quotes in one. */
const [bytesPerStep, quotesPerStep] = [16_384, 1024]

function tooManyValues(jsonValues: number): ChatError {
	return new ChatError(
		'too-large',
		`The JSON of your request has more than ${jsonValues} values (limits.jsonValues).`,
		{
			setting: 'limits.jsonValues',
		},
	)
}

/** The position of the quote that ends the string that begins at `start`, or -1. */
function* endOfString(bytes: Uint8Array, start: number): Generator<undefined, number, undefined> {
	let quotes = 0
	for (let end = bytes.indexOf(quote, start + 1); end !== -1; end = bytes.indexOf(quote, end + 1)) {
		if (++quotes % quotesPerStep === 0) yield
		let before = end
		while (bytes[before - 1] === backslash) before--
		if ((end - before) % 2 === 0) return end
	}
	return -1
}
