import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { randomOf } from '../system/random.testing.ts'
import {
	copyAllNumbers,
	copyNumbers,
	exactMembers,
	parseJson,
	readInteger,
	stringifyJson,
	writeInteger,
} from './json-text.ts'

const nasty = '{"id":1234567890123456789,"price":1.0,"neg":-0.0,"12":1,"2":2}'

const numbers = [
	...['0', '-0', '-0.0', '1', '-1', '1.0', '0.50', '1e3', '1E+3', '1e-7', '0.0000001', '0.000001', '1e400', '5e-324'],
	...['9007199254740991', '9007199254740993', '-9223372036854775808', '18446744073709551615', '100000000000000000000'],
	...['0.1', '0.30000000000000004', '3.14159265358979323846', '123456789012345.67', '1234567890.1234567', '1e21'],
]
const names = ['a', 'b', '12', '2', '0', '01', '4294967295', '99999999999', '__proto__', 'toJSON', 'constructor']
const strings = [
	'',
	'1.0',
	',1.0,',
	'[1e3]',
	'\\',
	'"',
	'\\"',
	'\ud800',
	'\u2028',
	'é\n',
	'{"1":2}',
	':-0,',
	'\ud83d\ude00',
]

/** @param repeats whether an object may have two members with one name. */
function writeSample(next: () => number, depth: number, space: () => string, repeats: boolean): string {
	const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)] ?? ''
	const kind = depth === 0 ? next() * 0.5 : next()
	if (kind < 0.25) return pick(numbers)
	if (kind < 0.4) return JSON.stringify(pick(strings))
	if (kind < 0.5) return pick(['true', 'false', 'null'])
	const size = Math.floor(next() * 4)
	const parts = Array.from({ length: size }, () => writeSample(next, depth - 1, space, repeats))
	const join = (all: readonly string[]) => all.map((part) => space() + part + space()).join(',')
	if (kind < 0.7) return `[${join(parts)}]`
	const free = [...names]
	return `{${join(
		parts.map((part) => {
			const name = pick(free)
			if (!repeats) free.splice(free.indexOf(name), 1)
			return `${JSON.stringify(name)}${space()}:${space()}${part}`
		}),
	)}}`
}

describe('parseJson', () => {
	test('returns what JSON.parse returns', () => {
		const next = randomOf(1)
		const space = () => [' ', '\n\t', '', ''][Math.floor(next() * 4)] ?? ''
		for (let run = 0; run < 4000; run++) {
			const text = writeSample(next, 5, space, true)
			const expected: unknown = JSON.parse(text)
			const value = parseJson(text)
			expect(value).toEqual(expected)
			expect(JSON.stringify(JSON.parse(JSON.stringify(value)))).toBe(JSON.stringify(expected))
		}
	})

	test.each(['', '{', '{"a":1.0', '[1.0,]', '01', '[1.0 2]', '{"1":1,}', '1.', 'nul', '"\n1.0"'])(
		'refuses %j',
		(text) => {
			expect(() => parseJson(text)).toThrow(SyntaxError)
		},
	)

	test('returns objects that look like those of JSON.parse', () => {
		const value = parseJson(nasty) as Record<string, unknown>
		expect(Object.keys(value)).toEqual(Object.keys(JSON.parse(nasty)))
		expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
		expect(value.toJSON).toBeFunction()
		expect({ ...value }).toStrictEqual(JSON.parse(nasty))
		expect(structuredClone(value)).toStrictEqual(JSON.parse(nasty))
		expect(parseJson('{"toJSON":5,"n":1.0}')).toHaveProperty('toJSON', 5)
		expect(Object.keys(parseJson('{"__proto__":1.0}') as object)).toEqual(['__proto__'])
	})

	test('remembers nothing if nothing would change', () => {
		for (const text of ['{"a":[1,0.5,{"text":"[1.0, 2]"}],"b":"\\"12\\":1"}', '{"a":"[1.0]","s":":1e3,"}'])
			for (const value of [parseJson(text), ...Object.values(parseJson(text) as object)])
				expect(Object.isFrozen(value) && typeof value === 'object').toBe(false)
	})

	test('refuses changes of what remembers its text', () => {
		const value = parseJson('{"list":[1.0],"other":[1]}') as { list: number[]; other: number[] }
		expect(() => value.list.push(2)).toThrow(TypeError)
		expect(value.other.push(2)).toBe(2)
	})
})

describe('stringifyJson', () => {
	test('writes what parseJson read', () => {
		const next = randomOf(2)
		for (let run = 0; run < 4000; run++) {
			const compact = writeSample(next, 5, () => '', false)
			if (!'{['.includes(compact[0] ?? '')) continue
			expect(stringifyJson(parseJson(compact))).toBe(compact)
			const wrapped = { plain: 'text', value: parseJson(compact), list: [parseJson(compact), 1] }
			expect(stringifyJson(wrapped)).toBe(`{"plain":"text","value":${compact},"list":[${compact},1]}`)
		}
	})

	test('finds the names that look like an index, with escapes too', () => {
		for (const text of ['{"b":1,"12":2}', '{"b":1,"\\u0031\\u0032":2}', '{"b":1,"0" :2}'])
			expect(stringifyJson(parseJson(text))).toBe(text.replace(' ', ''))
	})

	test('removes white space between tokens only', () => {
		expect(stringifyJson(parseJson('{\n "a b" :\t[ 1.0 , "x\\ty  z" ] }\r\n'))).toBe('{"a b":[1.0,"x\\ty  z"]}')
	})

	test('escapes lone surrogates', () => {
		expect(stringifyJson(parseJson('["\ud800",1.0,"\ud83d\ude00"]'))).toBe('["\\ud800",1.0,"\ud83d\ude00"]')
	})

	test('writes descendants of objects that were copied', () => {
		const { a, b } = parseJson('{"a":{"n":1.0},"b":[{"m":1e3},2]}') as { a: object; b: readonly object[] }
		expect(stringifyJson({ a: { ...a }, c: b.map((one) => one), d: a })).toBe(
			'{"a":{"n":1},"c":[{"m":1e3},2],"d":{"n":1.0}}',
		)
	})

	test('draws another mark for each call', () => {
		let mark: unknown
		const spy = { toJSON: () => (mark = (value as { toJSON(): unknown }).toJSON()) }
		const value = parseJson(nasty)
		stringifyJson(spy)
		const known = mark
		expect(stringifyJson([known, value])).toBe(`[${JSON.stringify(known)},${nasty}]`)
	})

	test('works within another call, and after one that threw', () => {
		const inner = { toJSON: () => stringifyJson(parseJson(nasty)) }
		expect(stringifyJson([parseJson(nasty), inner])).toBe(`[${nasty},${JSON.stringify(nasty)}]`)
		expect(() => stringifyJson([parseJson(nasty), 1n])).toThrow(TypeError)
		// JSON.stringify moves the keys that look like an index, and changes nothing else.
		expect(JSON.stringify(parseJson(nasty))).toBe('{"2":2,"12":1,"id":1234567890123456789,"price":1.0,"neg":-0.0}')
	})

	test('reads and writes deep nesting and long strings in linear time', () => {
		const deep = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`
		expect(stringifyJson(parseJson(deep))).toBe(deep)
		const long = `["${'\\\\\\"'.repeat(300_000)}",1.0,"${' '.repeat(1_000_000)}"]`
		expect(stringifyJson(parseJson(long))).toBe(long)
		const digits = `[${'1'.repeat(1_000_000)},0.${'1'.repeat(1_000_000)}]`
		expect(stringifyJson(parseJson(digits))).toBe(digits)
	})
})

describe('exactMembers', () => {
	test('writes each number like its source, in a copy too', () => {
		const members = exactMembers(
			parseJson('{"a":12345678901234567890,"b":1.0,"c":1,"d":{"e":1.0}}') as Record<string, unknown>,
		)
		expect(stringifyJson({ ...members })).toBe('{"a":12345678901234567890,"b":1.0,"c":1,"d":{"e":1.0}}')
		expect(members.c).toBe(1)
	})

	test('has the last of several members with one name', () => {
		expect(exactMembers(parseJson('{"a":1.0,"a":2,"b":1.0}') as Record<string, unknown>)).toMatchObject({ a: 2 })
	})

	test('has the numbers of an array', () => {
		const list = exactMembers(parseJson('[1.0,{"a":1.0},3]') as readonly unknown[])
		expect(list).toHaveLength(3)
		expect(stringifyJson(list.slice(0, 2))).toBe('[1.0,{"a":1.0}]')
	})

	test('has members with the names of methods', () => {
		const text = '{"toJSON":1,"__proto__":{"a":1.0},"b":1.0}'
		const members = exactMembers(parseJson(text) as Record<string, unknown>)
		expect(stringifyJson(members)).toBe(text)
	})

	test('returns other objects', () => {
		const plain = { a: 1 }
		expect(exactMembers(plain)).toBe(plain)
	})
})

test('integers of any size are read and written with all digits', () => {
	const text = '{"a":12345678901234567890,"b":-9223372036854775808,"c":1,"d":1e30,"e":9007199254740991}'
	const body = parseJson(text) as Record<string, number>
	const read = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, readInteger(value, body, name)]))
	expect(read).toEqual({ a: 12345678901234567890n, b: -9223372036854775808n, c: 1, d: 1e30, e: 9007199254740991 })
	expect(stringifyJson([read.a, read.c, undefined].map(writeInteger))).toBe('[12345678901234567890,1,null]')
	expect(readInteger(2 ** 60, { a: 2 ** 60 }, 'a')).toBe(2 ** 60)
})

test('a changed copy has the numbers that it did not change', () => {
	const body = parseJson('{"a":1.0,"b":1.0,"c":1.0,"seed":9223372036854775807}') as Record<string, number>
	const { c: _, ...changed }: Record<string, number> = { ...body, b: 2 }
	const copy = copyNumbers(body, changed)
	expect(stringifyJson(exactMembers(copy))).toBe('{"a":1.0,"b":2,"seed":9223372036854775807}')
	expect(readInteger(Number(copy.seed), copy, 'seed')).toBe(9223372036854775807n)
	expect(stringifyJson(copy)).toBe(JSON.stringify({ ...copy }))
})

test('a copy at every level has the numbers that did not change', () => {
	const text = '{"a":1.0,"list":[{"b":1.0,"c":1.0},1e3],"same":{"d":1.0},"plain":{"e":1}}'
	const body = parseJson(text) as { list: [{ b: number; c: number }, number]; same: object; plain: object }
	const copy = copyAllNumbers(body, { ...body, list: [{ ...body.list[0], c: 2 }, body.list[1]], plain: { e: 1 } })
	expect(stringifyJson(exactMembers(copy))).toContain('"a":1.0')
	expect(stringifyJson(exactMembers(copy.list))).toBe('[{"b":1,"c":2},1e3]')
	expect(stringifyJson(exactMembers(copy.list[0] as object))).toBe('{"b":1.0,"c":2}')
	expect(stringifyJson(copy.same)).toBe('{"d":1.0}')
	expect(copyAllNumbers(1, 2)).toBe(2)
	const changed = { ...body, a: undefined }
	const again = copyAllNumbers(changed, { ...changed, list: [{ ...body.list[0] }] })
	expect(stringifyJson(exactMembers(again.list[0] as object))).toBe('{"b":1.0,"c":1.0}')
})

describe('a flood of members whose text would change', () => {
	const cpuMs = (work: () => unknown) => {
		const times = Array.from({ length: 10 }, () => {
			const before = process.cpuUsage()
			work()
			return process.cpuUsage(before).user / 1000
		})
		return Math.min(...times)
	}
	for (const [name, member] of [
		['numbers', '1.0'],
		['integers', '123456789012345678901'],
		['exponents', '1e3'],
		['names', '{"1":1}'],
		['escaped names', '{"\\u0031":1}'],
	] as const)
		test(`of ${name} costs about as much as JSON.parse`, () => {
			const text = `{"list":[${`${member},`.repeat(400_000)}0]}`
			expect(parseJson(text)).toEqual(JSON.parse(text))
			expect(cpuMs(() => parseJson(text))).toBeLessThan(
				10 *
					Math.max(
						5,
						cpuMs(() => JSON.parse(text)),
					),
			)
		})
	test('is remembered if it is as large as what clients send', () => {
		const text = `{"list":[${'1.0,{"7":1,"2":1e2},'.repeat(10_000)}0]}`
		expect(stringifyJson(parseJson(text))).toBe(text)
	})
})

test('other folders parse JSON of clients and upstreams with parseJson', async () => {
	const root = join(import.meta.dir, '..')
	const found: string[] = []
	for await (const file of new Glob('{wire,engines,dialects,stores,server,http}/**/*.ts').scan(root)) {
		if (/\.(test|testing|contract)\.ts$/.test(file)) continue
		if (/\bJSON\.parse\b|z\.record\(z\.string\(\), z\.unknown\(\)\)/.test(await Bun.file(join(root, file)).text()))
			found.push(file)
	}
	expect(found.sort()).toEqual(Object.keys(plainParsers).sort())
})

/** Files that call JSON.parse or copy objects of any members with a record of Zod, with the reason. */
const plainParsers: Readonly<Record<string, string>> = {
	'engines/ai-sdk/failure.ts': 'reads the text of an error',
	'engines/ai-sdk/signature.ts': 'reads what the same file wrote',
	'engines/llama/install/engine-folder.ts': 'reads what the same file wrote',
	'engines/upstream/upstream-answer.ts': 'reads vectors and counts, which are calculated with',
	'stores/sql/sql-key-store.ts': 'reads what the same file wrote',
	'wire/json/custom-tool-function.ts': 'reads a text',
	'wire/json/tool-call-assembler.ts': 'only validates',
	'wire/openai/responses/encrypted-reasoning.ts': 'reads what the same file wrote',
}
