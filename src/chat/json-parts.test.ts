// Texts of any structure, longer than a part, are parsed like JSON.parse parses them, and refused like it refuses them.

import { expect, test } from 'bun:test'
import { parseInParts } from './json-parts.ts'
import { encodeJsonInSteps, parseJson, parseJsonInSteps, stringifyJson, stringifyJsonInSteps } from './json-text.ts'

function finish<Result>(steps: Iterator<unknown, Result, undefined>): Result {
	for (;;) {
		const next = steps.next()
		if (next.done === true) return next.value
	}
}

const strict = { isSpecial: () => false, isStrict: true }
const inParts = (text: string | Uint8Array): unknown =>
	finish(parseInParts(typeof text === 'string' ? Buffer.from(text) : text, strict)).value

/** Seeded: a failure repeats. */
class Random {
	private state: number
	constructor(seed: number) {
		this.state = seed
	}
	below(limit: number): number {
		this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) & 0x7fffffff
		return (this.state >> 8) % limit
	}
}

const strings = [
	'',
	'a',
	'é',
	'中'.repeat(5),
	'😀',
	'\\',
	'"',
	'\\"',
	']',
	'}',
	'{',
	'[',
	',',
	':',
	'\n',
	'x'.repeat(3000),
]
const longStrings = ['x', 'é', '中', '😀', '\\', '"', '\n', '\ud800', 'a\\', '\\\\"'].map((one) => one.repeat(300_000))
const names = ['a', 'b', '__proto__', 'toString', '12', '"', '\\', ',', '', 'constructor', 'é']
const spaces = ['', '', '', ' ', '\n\t', '   ']

function randomJson(random: Random, depth: number): string {
	const pick = <Item>(list: readonly Item[]) => list[random.below(list.length)] as Item
	const space = () => pick(spaces)
	const kind = depth === 0 ? random.below(4) : random.below(8)
	if (kind === 0) return JSON.stringify(pick(strings))
	if (kind === 1) return pick(['0', '-1', '1.5', '1e3', '1.0', '12345678901234567890', '-0'])
	if (kind === 2) return pick(['true', 'false', 'null'])
	if (kind === 3) return pick(['[]', '{}', '""', '[ ]', '{ }'])
	const count = random.below(depth > 3 ? 12 : 6)
	const members = Array.from({ length: count }, () => {
		const value = space() + randomJson(random, depth - 1) + space()
		return kind < 6 ? value : `${space()}${JSON.stringify(pick(names))}${space()}:${value}`
	})
	return kind < 6 ? `[${members.join()}]` : `{${members.join()}}`
}

/** Longer than several parts. */
function longJson(random: Random): string {
	const members: string[] = []
	for (let length = 0; length < 150_000; ) {
		const one = randomJson(random, 5)
		members.push(one)
		length += one.length
	}
	if (random.below(2) === 0) return `{"list":[${members.join()}],"last":{"a":[{"b":[${members.join(', ')}]}]}}`
	return `{${members.map((one, at) => `"${at % 7 === 0 ? 'same' : `k${at}`}":${one}`).join()}}`
}

test('any JSON is parsed like JSON.parse parses it', () => {
	for (let seed = 1; seed <= 20; seed++) {
		const text = longJson(new Random(seed))
		const [value, expected] = [inParts(text), JSON.parse(text)]
		expect(JSON.stringify(value) === JSON.stringify(expected)).toBe(true)
		expect(Bun.deepEquals(value, expected, true)).toBe(true)
	}
})

test('long strings are parsed and written like short ones, at any position in a character or an escape', () => {
	for (const [at, string] of longStrings.entries()) {
		const shifted = 'y'.repeat(at) + string
		const written = JSON.stringify(shifted)
		const escaped = `"${[...shifted.slice(0, 60_000)].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
		for (const one of [written, escaped]) {
			const text = `{"a":[1,${one}],"b":${one},${one.slice(0, -1)}":[1]}`
			const value = inParts(text)
			expect(Bun.deepEquals(value, JSON.parse(text), true)).toBe(true)
			expect(finish(stringifyJsonInSteps(value)) === JSON.stringify(value)).toBe(true)
			const pieces = finish(encodeJsonInSteps(value))
			expect(Buffer.from(JSON.stringify(value)).equals(Buffer.concat(pieces))).toBe(true)
			expect(pieces.length).toBeGreaterThan(1)
			for (const wrong of [`[${one}${one}]`, `{${one}}`, `{"a":${one} 1}`, `[1 ${one}]`, `{"a" ${one}}`, `[[1]${one}]`])
				expect(() => inParts(wrong)).toThrow()
		}
	}
	expect(() => inParts(`["${'\\x'.repeat(200_000)}"]`)).toThrow()
	expect(() => inParts(`["${'a\n'.repeat(200_000)}"]`)).toThrow()
})

test('numbers and the order of keys are remembered like those of a short text', () => {
	for (let seed = 100; seed <= 112; seed++) {
		const text = longJson(new Random(seed))
		const value = finish(parseJsonInSteps(Buffer.from(text)))
		expect(stringifyJson(value) === stringifyJson(parseJson(text))).toBe(true)
		expect(finish(stringifyJsonInSteps(value)) === stringifyJson(value)).toBe(true)
	}
	const numbers = `[${'"x",'.repeat(20_000)}1.0,{"2":1,"1":12345678901234567890}]`
	expect(stringifyJson(finish(parseJsonInSteps(Buffer.from(numbers))))).toBe(numbers)
	const long = `[${'1.0,'.repeat(20_000)}1]`
	expect(stringifyJson(finish(parseJsonInSteps(Buffer.from(long))))).toBe(long)
})

test('text with one wrong byte is refused if JSON.parse refuses it', () => {
	const accepts = (parse: () => unknown) => {
		try {
			parse()
			return true
		} catch {
			return false
		}
	}
	const inserted = [
		',',
		']',
		'}',
		'[',
		'{',
		'"',
		':',
		' ',
		'1',
		'\\',
		'x',
		'\u0001',
		'null',
		'"a":',
		'{}',
		'[],',
		'"s"',
	]
	let refused = 0
	for (let seed = 1; seed <= 20; seed++) {
		const random = new Random(seed * 7919)
		const text = longJson(new Random(1 + (seed % 6)))
		for (let change = 0; change < 12; change++) {
			// Changes are made near brackets and commas, and anywhere.
			let at = random.below(text.length)
			if (change % 2 === 0) at = Math.max(text.indexOf(change % 4 === 0 ? ']' : '}', at), 0)
			const removed = random.below(2)
			const wrong =
				text.slice(0, at) +
				(random.below(3) === 0 ? '' : (inserted[random.below(inserted.length)] ?? '')) +
				text.slice(at + removed)
			const expected = accepts(() => JSON.parse(wrong))
			if (!expected) refused++
			if (accepts(() => inParts(wrong)) !== expected)
				throw new Error(`seed ${seed}, at ${at}: ${wrong.slice(Math.max(0, at - 40), at + 40)}`)
		}
	}
	expect(refused).toBeGreaterThan(100)
})

test.each([
	['white space and values around', ' \n [1] ', true],
	['two values', '[1][2]', false],
	['a value before', '1[2]', false],
	['a comma at the end', `[${'"x",'.repeat(30_000)}]`, false],
	['a comma at the end of an object', `{${'"x":1,'.repeat(30_000)}}`, false],
	['two commas', `[${'"x",'.repeat(30_000)},1]`, false],
	['no comma after an array', `[[${'"x",'.repeat(30_000)}1]1]`, false],
	['no comma between arrays', `[[${'"x",'.repeat(30_000)}1][1]]`, false],
	['a missing name', `{"a":1,{"b":[${'"x",'.repeat(30_000)}1]}}`, false],
	['a missing colon', `{"a"[${'"x",'.repeat(30_000)}1]}`, false],
	['brackets of two kinds', `[${'"x",'.repeat(30_000)}1}`, false],
	['an unfinished string', `[${'"x",'.repeat(30_000)}"`, false],
	['an unfinished array', `[${'"x",'.repeat(30_000)}1`, false],
	['only white space', ' '.repeat(100_000), false],
	['a text alone', JSON.stringify('x'.repeat(100_000)), true],
	['escaped quotes', `["${'\\"'.repeat(50_000)}",1]`, true],
	['backslashes', `["${'\\\\'.repeat(50_000)}",1]`, true],
	['arrays in arrays', `${'['.repeat(5000)}${']'.repeat(5000)}`, true],
])('%s', (_, text, isValid) => {
	if (isValid) expect(Bun.deepEquals(inParts(text), JSON.parse(text), true)).toBe(true)
	else {
		expect(() => JSON.parse(text)).toThrow()
		expect(() => inParts(text)).toThrow()
	}
})

test('bytes that are not UTF-8 are refused, or replaced', () => {
	const bytes = Buffer.concat([
		Buffer.from(`[${'"x",'.repeat(30_000)}"a`),
		Buffer.from([0xff, 0xc3]),
		Buffer.from('"]'),
	])
	expect(() => inParts(bytes)).toThrow(TypeError)
	const { value } = finish(parseInParts(bytes, { ...strict, isStrict: false }))
	expect(Bun.deepEquals(value, JSON.parse(new TextDecoder().decode(bytes)))).toBe(true)
})

test('long values are written like short ones', () => {
	const values: readonly unknown[] = [
		Array.from({ length: 3000 }, (_, at) =>
			at % 3 === 0 ? undefined : { at, none: undefined, list: [undefined, null] },
		),
		{ a: undefined, b: Array.from({ length: 5000 }, (_, at) => at / 3), c: { d: [[], {}], e: 'x'.repeat(100_000) } },
		{ deep: { deep: { deep: { list: Array.from({ length: 4000 }, () => [[1, '"'], { '"': '\\' }]) } } } },
		Array.from({ length: 2000 }, () => JSON.rawJSON('1.0')),
		{ number: JSON.rawJSON('1'.repeat(100_000)) },
		'\ud83d'.repeat(65_536) + '\ud83d\ude00'.repeat(10),
		{ only: undefined, big: Array.from({ length: 2000 }, () => null) },
		null,
		'x',
		{},
		[],
	]
	for (const value of values) {
		const text = stringifyJson(value)
		expect(finish(stringifyJsonInSteps(value)) === text).toBe(true)
		expect(Buffer.from(text).equals(Buffer.concat(finish(encodeJsonInSteps(value))))).toBe(true)
	}
})
