// Random schemas with fixed seeds, checked by two oracles: llama.cpp's matcher for texts, ajv for values. What a
// grammar produces must satisfy its schema, and what satisfies a schema must be matched by its grammar.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Ajv from 'ajv/dist/2020.js'
import { ChatError } from '../../chat/error.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { randomOf } from '../../system/random.testing.ts'
import { isLibraryHere, openMatcher } from '../runtime/library.testing.ts'
import { openSampler } from './grammar.testing.ts'
import { jsonSchemaGrammar } from './grammar.ts'

const schemasPerSeed = 150
const textsPerSchema = 12
const valuesPerSchema = 8

/** Patterns, each with texts that it matches. */
const patterns: Readonly<Record<string, readonly string[]>> = {
	'^[a-c]{1,3}$': ['a', 'cab'],
	b: ['b', 'a\nb"'],
	'^(x|yy)*$': ['', 'xyyx'],
	'^\\d+$': ['0', '42'],
	'^"?\\\\$': ['\\', '"\\'],
	'^a.c$': ['abc', 'a"c', 'a😀c'],
	'[^a]$': ['b', 'aa\\'],
}

class Maker {
	private readonly random: () => number

	constructor(random: () => number) {
		this.random = random
	}

	schema(depth: number): JsonObject {
		switch (this.below(depth > 0 ? 14 : 8)) {
			case 0:
				return this.text()
			case 1:
				return this.number('integer', 1)
			case 2:
				return this.number('number', this.pick([1, 10, 100, 1000]))
			case 3:
				return { type: this.pick<Json>(['boolean', 'null', ['string', 'null'], ['integer', 'boolean']]) }
			case 4:
				return { enum: ['q"', 5, 'é', null, { z: [1] }].slice(0, 1 + this.below(5)) }
			case 5:
				return { type: 'string', pattern: this.pick(Object.keys(patterns)) }
			case 6:
				return { const: this.pick<Json>(['x', 3.5, [null], { a: 'b' }]) }
			case 7:
				return {
					type: this.pick(['integer', 'number']),
					multipleOf: this.pick([2, 5, 12, 100]),
					...this.maybe({ minimum: 0 }),
				}
			case 8:
			case 9:
				return this.array(depth)
			case 10:
				return { anyOf: [this.schema(depth - 1), this.schema(depth - 1)] }
			case 11:
				return { type: 'integer', anyOf: [this.number('number', 1), { type: 'string' }, this.number('integer', 1)] }
			case 12:
				return { allOf: [this.number('integer', 1), this.maybe({ minimum: -400 }), { $ref: '#/$defs/whole' }] }
			default:
				return this.object(depth)
		}
	}

	/** A value that probably satisfies `schema`, in the order that a grammar writes. */
	value(schema: JsonObject): Json | undefined {
		const { anyOf, allOf, enum: values, type, pattern } = schema
		if (schema.const !== undefined) return schema.const
		if (Array.isArray(values)) return this.pick<Json>(values)
		if (Array.isArray(allOf)) return this.below(801) - 400
		if (Array.isArray(anyOf)) {
			const part = this.pick<Json>(anyOf)
			return isObject(part) ? this.value(part) : undefined
		}
		switch (Array.isArray(type) ? this.pick<Json>(type) : type) {
			case 'null':
				return null
			case 'boolean':
				return this.random() < 0.5
			case 'string':
				return typeof pattern === 'string' ? this.pick(patterns[pattern] ?? ['']) : this.textValue(schema)
			case 'integer':
				return this.below(801) - 400
			case 'number':
				return Number(((this.random() - 0.5) * 800).toFixed(this.below(4)))
			case 'array':
				return this.arrayValue(schema)
			default:
				return this.objectValue(schema)
		}
	}

	private text(): JsonObject {
		const least = this.below(4)
		return { type: 'string', ...this.maybe({ minLength: least }), ...this.maybe({ maxLength: least + this.below(4) }) }
	}

	private number(type: string, fraction: number): JsonObject {
		const least = (this.below(400) - 200) / fraction
		const most = Number((least + (2 + this.below(300)) / fraction).toFixed(3))
		return {
			type,
			...this.maybe({ [this.pick(['minimum', 'exclusiveMinimum'])]: least }),
			...this.maybe({ [this.pick(['maximum', 'exclusiveMaximum'])]: most }),
		}
	}

	private array(depth: number): JsonObject {
		const least = this.below(3)
		const prefix = Array.from({ length: 1 + this.below(3) }, () => this.schema(depth - 1))
		return {
			type: 'array',
			...this.maybe({ prefixItems: prefix }),
			items: this.random() < 0.2 ? false : this.schema(depth - 1),
			...this.maybe({ minItems: least }),
			...this.maybe({ maxItems: least + this.below(4) }),
		}
	}

	private object(depth: number): JsonObject {
		const names = ['a', 'ab', 'b"', 'é', 'c'].slice(0, 1 + this.below(5))
		return {
			type: 'object',
			properties: Object.fromEntries(
				names.map((name) => [name, this.random() < 0.05 ? { enum: [1], minimum: 2 } : this.schema(depth - 1)]),
			),
			required: names.filter(() => this.random() < 0.5),
			additionalProperties: this.random() < 0.7 ? false : this.schema(depth - 1),
		}
	}

	private textValue({ minLength, maxLength }: JsonObject): string {
		const least = Number(minLength ?? 0)
		const length = least + this.below(Number(maxLength ?? least + 3) - least + 1)
		return Array.from({ length }, () => this.pick(['a', '"', '\\', '\n', 'é', '😀', '/', '\u0001'])).join('')
	}

	private arrayValue({ prefixItems, items, minItems, maxItems }: JsonObject): Json {
		const prefix = Array.isArray(prefixItems) ? prefixItems : []
		const least = Number(minItems ?? 0)
		const length = least + this.below(Number(maxItems ?? least + 3) - least + 1)
		return Array.from({ length }, (_, index) => {
			const schema: Json | undefined = prefix[index] ?? items
			return (isObject(schema) ? this.value(schema) : undefined) ?? null
		})
	}

	private objectValue({ properties, required, additionalProperties }: JsonObject): Json {
		const needed = Array.isArray(required) ? required : []
		const others = isObject(additionalProperties)
			? ['zz', 'abc', 'é1'].map((name): [string, Json] => [name, additionalProperties])
			: []
		const named = Object.entries(isObject(properties) ? properties : {})
		return Object.fromEntries(
			[...named, ...others].flatMap(([name, schema]): [string, Json][] => {
				const value = isObject(schema) ? this.value(schema) : undefined
				return value !== undefined && (needed.includes(name) || this.random() < 0.5) ? [[name, value]] : []
			}),
		)
	}

	private maybe(keywords: JsonObject): JsonObject {
		return this.random() < 0.5 ? keywords : {}
	}

	private below(limit: number): number {
		return Math.floor(this.random() * limit)
	}

	private pick<T>(values: readonly T[]): T {
		const value = values[this.below(values.length)]
		if (value === undefined) throw new Error('nothing to pick from')
		return value
	}
}

function compile(schema: JsonObject): string | undefined {
	try {
		return jsonSchemaGrammar(schema)
	} catch (error) {
		if (error instanceof ChatError) return undefined
		throw error
	}
}

describe.skipIf(!isLibraryHere)('grammars of random schemas and ajv agree', () => {
	let matcher: Awaited<ReturnType<typeof openMatcher>>
	beforeAll(async () => {
		matcher = await openMatcher()
	}, 30_000)
	afterAll(() => matcher?.close())

	for (const seed of [1, 2, 3]) {
		test(`seed ${seed}`, async () => {
			const random = randomOf(seed)
			const maker = new Maker(random)
			const ajv = new Ajv({ strict: false })
			const checked = { schemas: 0, texts: 0, values: 0 }
			for (let round = 0; round < schemasPerSeed; round++) {
				const schema = { ...maker.schema(3), $defs: { whole: { type: 'integer' } } }
				const grammar = compile(schema)
				if (grammar === undefined) continue
				checked.schemas++
				const satisfies = ajv.compile(schema)
				const matches = await matcher.compile(grammar)
				const draw = openSampler(grammar, random)
				for (let text = 0; text < textsPerSchema; text++, checked.texts++) {
					const drawn = draw()
					if (!matches(drawn)) throw new Error(`the sampler is wrong about ${grammar}\n${drawn}`)
					if (!satisfies(JSON.parse(drawn))) throw new Error(`${drawn} does not satisfy ${JSON.stringify(schema)}`)
				}
				for (let count = 0; count < valuesPerSchema; count++) {
					const value = maker.value(schema)
					if (value === undefined || Object.is(value, -0)) continue
					checked.values++
					const text = JSON.stringify(value)
					if (matches(text) !== satisfies(value))
						throw new Error(`${text} ${matches(text) ? 'matches' : 'does not match'} ${JSON.stringify(schema)}`)
				}
			}
			expect(checked.schemas).toBeGreaterThan(schemasPerSeed * 0.8)
			expect(checked.texts).toBe(checked.schemas * textsPerSchema)
			expect(checked.values).toBeGreaterThan(checked.schemas * 4)
		}, 30_000)
	}
})
