// Schemas with texts that must and must not match their grammars, checked by llama.cpp's own matcher; and schemas that
// are rejected before llama.cpp would hang or crash on them.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import type { Json, JsonObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import { isLibraryHere, openMatcher } from '../runtime/library.testing.ts'
import { jsonGrammar, jsonSchemaGrammar } from './grammar.ts'

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
	type: 'object',
	properties,
	required: Object.keys(properties),
	additionalProperties: false,
	...rest,
})

const cases: readonly (readonly [
	name: string,
	schema: JsonObject,
	matching: readonly Json[],
	others: readonly Json[],
])[] = [
	['any object', { type: 'object' }, [{}, { a: [1, 'x', null] }], [[], 1, 'x']],
	[
		'named properties',
		object({ a: { type: 'string' }, b: { type: 'boolean' } }),
		[{ a: 'x"\n\\é😀', b: true }],
		[{}, { a: 'x' }, { b: true, a: 'x' }, { a: 1, b: true }, { a: 'x', b: true, c: 1 }],
	],
	[
		'optional properties',
		{ type: 'object', properties: { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } }, required: ['b'] },
		[{ b: null }, { a: null, b: null }, { b: null, c: null }],
		[{}, { a: null, c: null }],
	],
	['no properties', { type: 'object', properties: {} }, [{}], [{ argument: 'value' }]],
	[
		'other properties',
		{ type: 'object', properties: { a: { type: 'null' } }, additionalProperties: { type: 'integer' } },
		[{}, { a: null, b: 1 }, { ab: 2 }],
		[{ b: 'x' }, { a: 5 }],
	],
	[
		'arrays',
		{ type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
		[[1], [1, 2, 3]],
		[[], [1, 2, 3, 4], ['x']],
	],
	[
		'tuples',
		{ type: 'array', prefixItems: [{ type: 'null' }, { type: 'boolean' }], items: false, minItems: 1 },
		[[null], [null, true]],
		[[], [true], [null, true, 1]],
	],
	['enum of anything', { enum: ['a', 1, null, { b: [2] }] }, ['a', 1, null, { b: [2] }], ['b', 2, { b: [3] }]],
	['enum beside bounds', { enum: ['a', 'abc', 3, 9], minLength: 2, maximum: 5 }, ['abc', 3], ['a', 9]],
	['const beside a type', { const: 5, type: ['integer', 'null'] }, [5], [null, 6]],
	[
		'numbers that JSON.parse rounds',
		parseJson('{"enum":[9223372036854775807,9223372036854775806,1.0],"minimum":5}') as JsonObject,
		[9223372036854775807n, 9223372036854775806n].map((value) => JSON.rawJSON(String(value))),
		[2 ** 63, 1],
	],
	[
		'const of a long number',
		parseJson('{"const":9223372036854775807}') as JsonObject,
		[JSON.rawJSON('9223372036854775807')],
		[2 ** 63],
	],
	['anyOf', { anyOf: [{ type: 'integer', minimum: 3, maximum: 5 }, { const: 'x' }] }, [3, 5, 'x'], [2, 6, 'y']],
	['anyOf beside a type', { type: 'string', anyOf: [true] }, ['x'], [1]],
	['allOf', { allOf: [{ type: 'integer', minimum: 3 }, { maximum: 4 }] }, [3, 4], [2, 5]],
	[
		'allOf of a closed object',
		{ allOf: [object({ a: { type: 'null' } }), { properties: { b: { type: 'null' } } }] },
		[{ a: null }],
		[{ a: null, b: null }],
	],
	[
		'recursion',
		{
			$ref: '#/$defs/n',
			$defs: { n: object({ v: { type: 'null' }, next: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] } }) },
		},
		[{ v: null, next: { v: null, next: null } }],
		[{ v: null, next: {} }],
	],
	['lengths', { type: 'string', minLength: 2, maxLength: 300 }, ['ab', 'é'.repeat(300)], ['a', 'a'.repeat(301)]],
	['a pattern', { type: 'string', pattern: '^[A-Z]{2}-\\d+$' }, ['AB-1', 'ZZ-007'], ['A-1', 'AB-', 'xAB-1']],
	[
		'formats',
		object({ d: { type: 'string', format: 'date' }, i: { type: 'string', format: 'ipv4' } }),
		[{ d: '2024-02-28', i: '10.0.0.255' }],
		[
			{ d: '2024-13-01', i: '10.0.0.1' },
			{ d: '2024-01-01', i: '10.0.0.256' },
		],
	],
	['multiples', { type: 'integer', multipleOf: 7 }, [0, 7, -14, 777], [1, 8, 100]],
	['decimals between bounds', { type: 'number', minimum: 0.5, exclusiveMaximum: 2 }, [0.5, 1, 1.999], [0.49, 2, -1]],
]

describe.skipIf(!isLibraryHere)('a grammar matches what its schema allows, and nothing else', () => {
	let matcher: Awaited<ReturnType<typeof openMatcher>>
	beforeAll(async () => {
		matcher = await openMatcher()
	}, 30_000)
	afterAll(() => matcher?.close())
	for (const [name, schema, matching, others] of cases) {
		test(name, async () => {
			const matches = await matcher.compile(jsonSchemaGrammar(schema))
			for (const value of matching)
				expect([JSON.stringify(value), matches(JSON.stringify(value))]).toEqual([JSON.stringify(value), true])
			for (const value of others)
				expect([JSON.stringify(value), matches(JSON.stringify(value))]).toEqual([JSON.stringify(value), false])
		})
	}
	test('at most one space after a colon or a comma, and nothing after the value', async () => {
		const matches = await matcher.compile(jsonGrammar())
		expect(['{"a": 1, "b":2}', '{"a":  1}', '{ }', '{}\n', '{"a":1} '].map(matches)).toEqual([
			true,
			false,
			false,
			false,
			false,
		])
	})
})

describe('a schema that cannot be enforced is rejected with the path of the fault', () => {
	const loop = (kind: 'anyOf' | 'allOf', levels: number): JsonObject => {
		const alternative = (level: number): JsonObject => ({ $ref: `#/$defs/d${level}` })
		const twice = Array.from({ length: levels }, (_, level): [string, JsonObject] => [
			`d${level}`,
			{ [kind]: [alternative(level + 1), alternative(level + 2)] },
		])
		const ends = { [`d${levels}`]: { type: 'null' }, [`d${levels + 1}`]: { enum: [null, true] } }
		return { ...alternative(0), $defs: { ...Object.fromEntries(twice), ...ends } }
	}
	const refused: readonly (readonly [name: string, schema: JsonObject, message: string])[] = [
		['not', object({ a: { not: { type: 'null' } } }), "'not' at #/properties/a"],
		['if', { if: {} }, "'if' at #"],
		['uniqueItems', { type: 'array', uniqueItems: true }, "'uniqueItems' at #"],
		['a reference to another document', { $ref: 'https://example.org/s.json' }, 'to another document'],
		['an unresolvable reference', { $ref: '#/$defs/x' }, 'cannot be resolved'],
		['an unknown format', { type: 'string', format: 'iban' }, "format 'iban'"],
		['a minimum above the maximum', { type: 'integer', minimum: 5, maximum: 4 }, 'no integer lies between'],
		['a bound beyond exact numbers', { type: 'integer', minimum: 1e16 }, 'the bound 10000000000000000'],
		['a bound too fine', { type: 'number', minimum: 1.5e-7 }, 'the bound 1.5e-7'],
		['no type', { type: [] }, "'type' is empty"],
		['false', object({ a: false }), "no value satisfies the schema 'false'"],
		['only a reference to itself', { $ref: '#' }, 'infinitely recursive'],
		[
			'infinite recursion',
			{ $ref: '#/$defs/a', $defs: { a: object({ a: { $ref: '#/$defs/a' } }) } },
			'infinitely recursive',
		],
		['left recursion', { anyOf: [{ $ref: '#' }, { type: 'null' }] }, 'refers directly to itself'],
		['allOf of itself', { $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } }, 'recursive allOf'],
		['40 levels of two alternatives each', loop('anyOf', 40), 'so many alternatives'],
		['40 levels of allOf', loop('allOf', 40), 'cannot be enforced'],
		[
			'a hundred levels',
			Array.from({ length: 150 }).reduce<JsonObject>((inner) => ({ type: 'array', items: inner, minItems: 1 }), {
				type: 'null',
			}),
			'nesting of more than 100 levels',
		],
		[
			'no room for required properties',
			{ type: 'object', minProperties: 1, maxProperties: 0 },
			"'maxProperties' is less than 'minProperties'",
		],
	]
	for (const [name, schema, message] of refused) {
		test(name, () => {
			const before = performance.now()
			expect(() => jsonSchemaGrammar(schema)).toThrow(ChatError)
			expect(() => jsonSchemaGrammar(schema)).toThrow(message)
			expect(performance.now() - before).toBeLessThan(5000)
		})
	}
})
