import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { parseJsonInSteps } from '../chat/json-text.ts'
import { bodyReader } from './body.ts'
import { checkForm } from './form-bounds.ts'
import { type BoundedField, checkJson, checkJsonText } from './json-bounds.ts'
import { defaultBounds } from './request-bounds.ts'

const bounds = {
	...defaultBounds,
	...{ arrayElements: 3, mapEntries: 3, messages: 2, tokenIds: 5, nameCharacters: 4, formRepeats: 2 },
}
const name: BoundedField = { characters: 'nameCharacters' }
const fields: BoundedField = {
	members: new Map<string, BoundedField>([
		['model', name],
		['messages', { elements: 'messages', each: { members: new Map([['name', name]]) } }],
		['input', { numbers: 'tokenIds' }],
	]),
}

function refusal(body: unknown, maxDepth = 5): unknown {
	try {
		return checkJson(body, { bounds, fields, maxDepth })
	} catch (thrown) {
		return thrown
	}
}

describe('a body', () => {
	for (const [what, body] of Object.entries({
		'within all bounds': { model: 'm', messages: [{ name: 'abcd' }, {}], input: [1, 2, 3, 4, 5] },
		'that is no object': 'a text of any length',
		'with nothing': null,
	}))
		test(`${what} is accepted`, () => expect(refusal(body)).toBeUndefined())

	for (const [what, body, param, code, texts] of [
		[
			'an array with its own bound',
			{ messages: [{}, {}, {}] },
			'messages',
			'array',
			['length 2', 'messages', 'length 3'],
		],
		['any other array', { a: [{ b: [1, 2, 3, 4] }] }, 'a[0].b', 'array', ['limits.arrayElements', '4']],
		['an array at the root', [1, 2, 3, 4], undefined, 'array', ['request body', 'limits.arrayElements']],
		['a map', { x: { a: 1, b: 2, c: 3, d: 4 } }, 'x', 'object', ['at most 3', 'limits.mapEntries', '4']],
		['a text', { model: 'abcde' }, 'model', 'string', ['limits.nameCharacters', 'length 4', 'length 5']],
		['a nested text', { messages: [{}, { name: 'abcde' }] }, 'messages[1].name', 'string', ['nameCharacters']],
		['numbers', { input: [1, 2, 3, 4, 5, 6] }, 'input', 'array', ['limits.tokenIds']],
		['numbers with another value', { input: [1, 2, 3, 'x'] }, 'input', 'array', ['limits.arrayElements']],
	] as const)
		test(`${what} beyond its bound is refused by path, bound, setting and size`, () => {
			const error = refusal(body)
			expect(error).toMatchObject({ kind: 'invalid-request' })
			expect(Reflect.get(Object(error), 'param')).toBe(param)
			expect(Reflect.get(Object(error), 'code')).toStartWith(`${code}_above_max`)
			for (const text of texts) expect(String(error)).toContain(text)
		})

	test('that is nested too deep is refused, at the first level beyond', () => {
		expect(refusal([[1]], 2)).toBeUndefined()
		expect(refusal({ a: { b: [] } }, 3)).toBeUndefined()
		for (const deep of [[[[]]], { a: { b: { c: 1 } } }])
			expect(String(refusal(deep, 2))).toContain('more than 2 levels')
	})

	test('has an error of bounded length, whatever its names are', () => {
		const wide = { ['x'.repeat(10_000)]: [1, 2, 3, 4] }
		expect(String(refusal(wide)).length).toBeLessThan(500)
	})
})

describe('the number of values of a JSON text', () => {
	const check = (text: string, jsonValues: number, maxDepth = 5) =>
		checkJsonText(Buffer.from(text), { bounds: { ...bounds, jsonValues }, maxDepth })
	const has = (text: string, most: number) => {
		try {
			check(text, most)
			return false
		} catch (thrown) {
			return String(thrown).includes('limits.jsonValues')
		}
	}
	test('is counted outside of strings', () => {
		expect([has('[1,2,3]', 4), has('[1,2,3]', 3)]).toEqual([false, true])
		expect([has('[{},{},{}]', 6), has('[{},{},{}]', 7)]).toEqual([true, false])
		expect(has(`{"a":"${'[,{'.repeat(1000)}"}`, 10)).toBe(false)
		expect(has(`{"a":"${'\\"[,{\\\\'.repeat(1000)}"}`, 10)).toBe(false)
		expect(has(`["\\\\",${'1,'.repeat(20)}1]`, 10)).toBe(true)
	})
	test('of a large text is checked with its depth, and strings and siblings have none', () => {
		const long = 'x'.repeat(300_000)
		const deep = (open: string, close: string, depth: number) =>
			`{"${long}":${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`
		for (const [open, close] of [
			['[', ']'],
			['{"a":', '}'],
		] as const) {
			check(deep(open, close, 5), 1000)
			expect(() => check(deep(open, close, 6), 1000)).toThrow('limits.jsonDepth')
		}
		check(`["${long}",${'[[[]]],{"a":{}},'.repeat(100)}"${'['.repeat(100)}"]`, 1000)
		expect(() => check('['.repeat(2_000_000), 2_000_000)).toThrow('limits.jsonDepth')
	})
	test('of a text that is not JSON has any result', () => expect(has('"'.repeat(101), 3)).toBeBoolean())
})

describe('a form', () => {
	const multipart = (count: number) =>
		`${Array.from({ length: count }, (_, n) => `--b\r\nContent-Disposition: form-data; name="f${n}"\r\n\r\nx\r\n`).join('')}--b--`
	const encoded = (count: number) => Array.from({ length: count }, () => 'a=b').join('&')
	const read = (type: string, text: string) => {
		const arrived = Buffer.from(text)
		const { signal } = new AbortController()
		const limits = { maxBytes: 1_000_000, timeoutMs: 5000, maxDepth: 5, bounds: { ...defaultBounds, formFields: 5 } }
		return bodyReader(limits)
			.form({
				...{ method: 'POST', url: '/', headers: new Headers({ 'content-type': type }), signal, arrived, body: null },
				bytes: async () => arrived,
			})
			.then(
				(form) => [...form].length,
				(thrown: unknown) => (thrown instanceof ChatError ? (thrown.setting ?? thrown.kind) : String(thrown)),
			)
	}
	test.each([
		['multipart/form-data; boundary=b', multipart],
		['multipart/form-data; boundary="b"', multipart],
		['Multipart/Form-Data;charset=utf-8;BOUNDARY=b', multipart],
		['application/x-www-form-urlencoded', encoded],
		['application/x-www-form-urlencoded; charset=UTF-8', encoded],
		// A boundary that another reader might find: the count and the parser must agree.
		['application/x-www-form-urlencoded; boundary=q', encoded],
		['multipart/form-data; xboundary=q; boundary=b', multipart],
		['multipart/form-data; x="; boundary=q"; boundary=b', multipart],
		['multipart/form-data; boundary=b; boundary=q', multipart],
	] as const)('of the type %j has its fields, and no more than permitted', async (type, write) => {
		expect([await read(type, write(5)), await read(type, write(6))]).toEqual([5, 'limits.formFields'])
	})
	test.each(['----=_Part_0_1.2', '===============12==', "a'()+,./:=? b"])('has the boundary %j', async (boundary) => {
		const form = multipart(5).replaceAll('--b', `--${boundary}`)
		expect(await read(`multipart/form-data; boundary="${boundary}"`, form)).toBe(5)
	})
	test.each(['', 'multipart/form-data', 'multipart/form-data; boundary=', 'multipart/mixed; boundary=b', 'text/plain'])(
		'of the type %j is refused',
		async (type) => {
			expect([await read(type, multipart(1)), await read(type, encoded(6))]).toEqual([
				'invalid-request',
				'invalid-request',
			])
		},
	)
	test('with a name that repeats, or a text that is too long, is refused', () => {
		const check = (form: FormData) => checkForm(form, { bounds, fields, maxDepth: 5 })
		const form = new FormData()
		form.append('a', '1')
		form.append('a', '2')
		form.append('model', 'abcd')
		check(form)
		form.append('a', '3')
		expect(() => check(form)).toThrow('limits.formRepeats')
		const long = new FormData()
		long.append('model', 'abcde')
		expect(() => check(long)).toThrow('limits.nameCharacters')
	})
})

test('an object with very many members is refused without listing their names', () => {
	for (const name of [(at: number) => at, (at: number) => 37 * at, (at: number) => `key${at}`]) {
		const members = Array.from({ length: 100_000 }, (_, at) => `"${name(at)}":1`)
		const bytes = Buffer.from(`{"map":{${members.join()}},"other":{${members.slice(0, 2).join()}}}`)
		const steps = parseJsonInSteps(bytes)
		let next = steps.next()
		while (next.done !== true) next = steps.next()
		const body = next.value
		const listed: unknown[] = []
		const keys = Object.keys
		Object.keys = (object: object) => {
			listed.push(object)
			return keys(object)
		}
		try {
			const thrown = refusal(body)
			expect(thrown).toMatchObject({ code: 'object_above_max_properties', param: 'map' })
			expect(String(thrown)).toContain('100000 properties')
		} finally {
			Object.keys = keys
		}
		expect(listed).not.toContain(Reflect.get(Object(body), 'map'))
	}
})
