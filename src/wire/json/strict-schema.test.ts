import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../chat/json.ts'
import { strictViolation } from './strict-schema.ts'

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
	type: 'object',
	properties,
	required: Object.keys(properties),
	additionalProperties: false,
	...rest,
})
const text = { type: 'string' } as const

describe('schemas that SDKs send are allowed', () => {
	const schemas: Readonly<Record<string, JsonObject>> = {
		'pydantic, with definitions and titles': object(
			{ step: { $ref: '#/$defs/Step' }, final: { type: 'string', title: 'Final', description: 'the end' } },
			{ title: 'Math', $defs: { Step: object({ output: text }, { title: 'Step' }) } },
		),
		'zod, with $schema': {
			$schema: 'http://json-schema.org/draft-07/schema#',
			...object({ a: { type: ['string', 'null'] }, b: { anyOf: [text, { type: 'null' }] } }),
		},
		recursion: object({ value: text, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }),
		'bounds and formats': object({
			n: { type: 'integer', minimum: 0, exclusiveMaximum: 9, multipleOf: 3 },
			d: { type: 'string', format: 'date-time' },
			l: { type: 'array', items: text, minItems: 1, maxItems: 2 },
			p: { type: 'string', pattern: '^a$' },
		}),
		'enum and const': object({ e: { type: 'string', enum: ['a', 'b'] }, c: { const: 1 } }),
		'nothing at all': object({}),
	}
	for (const [name, schema] of Object.entries(schemas))
		test(name, () => expect(strictViolation(schema)).toBeUndefined())
})

describe('violations are reported with their location', () => {
	const cases: readonly (readonly [string, JsonObject, string, string])[] = [
		[
			'an open object',
			object({ x: { type: 'object', properties: {} } }),
			"('properties', 'x')",
			"'additionalProperties' is required to be supplied and to be false.",
		],
		[
			'an open root',
			{ type: 'object', properties: {} },
			'()',
			"'additionalProperties' is required to be supplied and to be false.",
		],
		[
			'an optional property',
			{ ...object({ a: text, b: text }), required: ['a'] },
			'()',
			"'required' is required to be supplied and to be an array including every key in properties. Missing 'b'.",
		],
		[
			'a root that is no object',
			{ type: 'array', items: text },
			'()',
			`schema must be a JSON Schema of 'type: "object"', got 'type: "array"'.`,
		],
		['anyOf at the root', { anyOf: [object({})] }, '()', "schema must not have 'anyOf' at the top level."],
		['allOf', object({ a: { allOf: [text] } }), "('properties', 'a')", "'allOf' is not permitted."],
		['a schema without type', object({ a: {} }), "('properties', 'a')", "schema must have a 'type' key."],
		['an unknown type', object({ a: { type: 'date' } }), "('properties', 'a')", '"date" is not a valid type.'],
		['items missing', object({ a: { type: 'array' } }), "('properties', 'a')", 'array schema missing items.'],
		[
			'an unknown format',
			object({ a: { type: 'string', format: 'iban' } }),
			"('properties', 'a')",
			`'format' "iban" is not supported.`,
		],
		[
			'a reference to nothing',
			object({ a: { $ref: '#/$defs/B' } }),
			"('properties', 'a')",
			"reference '#/$defs/B' does not exist.",
		],
		[
			'a definition that is open',
			object({}, { $defs: { B: { type: 'object', properties: {} } } }),
			"('$defs', 'B')",
			"'additionalProperties' is required to be supplied and to be false.",
		],
		[
			'an object inside anyOf',
			object({ a: { anyOf: [text, { type: 'object' }] } }),
			"('properties', 'a', 'anyOf', '1')",
			"'additionalProperties' is required to be supplied and to be false.",
		],
	]
	for (const [name, schema, context, message] of cases)
		test(name, () => expect(strictViolation(schema)).toEqual({ context, message }))
})

describe('bounds are enforced', () => {
	test('depth', () => {
		let schema: JsonObject = object({ a: text })
		for (let level = 0; level < 5000; level++) schema = object({ a: schema })
		expect(strictViolation(schema)?.message).toBe('schema exceeds the maximum nesting depth of 10.')
	})
	test('properties', () => {
		const many = Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`p${index}`, text]))
		expect(strictViolation(object(many))?.message).toBe('schema exceeds 5000 properties.')
	})
	test('enum values', () => {
		expect(
			strictViolation(object({ a: { type: 'integer', enum: Array.from({ length: 1001 }, (_, index) => index) } }))
				?.message,
		).toBe('schema exceeds 1000 enum values.')
	})
	test('circular references', () => {
		expect(
			strictViolation(
				object({ a: { $ref: '#/$defs/A' } }, { $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } }),
			)?.message,
		).toContain('does not exist')
	})
})

test('an error repeats at most 100 characters of a value', () => {
	const long = 'x'.repeat(100_000)
	for (const schema of [{ type: long }, object({ a: { type: long } }), object({ a: { ...text, format: long } })])
		expect(strictViolation(schema)?.message).toMatch(/^.{0,250}$/)
})
