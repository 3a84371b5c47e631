// The enumeration itself: what it finds, and that request schemas stop at the first wrong element of every array.

import { expect, test } from 'bun:test'
import { z } from 'zod'
import { dialects } from '../../src/dialects/list.ts'
import { boundedArrayTrait } from '../../src/wire/json/bounded-array.ts'
import { EnumeratedSchemas } from './growing-fields.ts'

const item = z.looseObject({ type: z.literal('a'), text: z.string() })

test('arrays, maps and texts at every depth are found', () => {
	const schema = z.object({
		list: z.array(z.union([z.string(), item])).nullish(),
		map: z.record(z.string(), z.number()),
		free: z.unknown(),
	})
	const fields = new EnumeratedSchemas().add(schema)
	expect(fields.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
		'list[] array',
		'list[]#0 text',
		'list[]#a.text text',
		'list[]#a{} map',
		'map{} map',
		'free{} map',
		'free[] array',
	])
	for (const { grow, path } of fields) expect([path, schema.safeParse(grow(16, 'valid')).success]).toEqual([path, true])
	const growing = fields.map(({ grow }) => JSON.stringify(grow(1600, 'valid')).length)
	expect(growing.filter((length) => length < 1600)).toEqual([])
})

test('what an earlier schema has is not enumerated again', () => {
	const enumerated = new EnumeratedSchemas()
	enumerated.add(z.object({ a: item }))
	expect(enumerated.add(z.object({ b: z.array(item), c: z.string() })).map(({ path }) => path)).toEqual(['b[]', 'c'])
})

/** The arrays of a schema that are not those of `arrayOf`. */
function* otherArrays(schema: z.core.$ZodType, path: string, seen: Set<unknown>): Generator<string> {
	if (seen.has(schema)) return
	seen.add(schema)
	const { def, traits } = schema._zod
	if (def.type === 'array' && !traits.has(boundedArrayTrait)) yield path
	for (const [name, inner] of innerSchemas(def)) yield* otherArrays(inner, `${path}.${name}`, seen)
}

function innerSchemas(value: unknown): readonly (readonly [string, z.core.$ZodType])[] {
	if (typeof value !== 'object' || value === null) return []
	return Object.entries(value).flatMap(([name, inner]) => {
		if (typeof inner !== 'object' || inner === null) return []
		if ('_zod' in inner) return [[name, inner as z.core.$ZodType] as const]
		return name === 'shape' || name === 'options' ? innerSchemas(inner) : []
	})
}

for (const { name, routes } of dialects)
	test(`arrays of ${name} stop at their first wrong element`, () => {
		const found = routes.flatMap(({ path, bodySchema }) =>
			bodySchema === undefined ? [] : [...otherArrays(bodySchema, path, new Set())],
		)
		expect(found).toEqual([])
	})
