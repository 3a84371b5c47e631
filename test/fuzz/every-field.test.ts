// Every field of every request body, enumerated from the schemas of the routes, with values of every type: the request is
// read, or refused by an error of the dialect. Any other exception would be an internal error of the server.

import { describe, expect, test } from 'bun:test'
import type { Dialect, Route } from '../../src/dialects/dialect.ts'
import { bodyRoutes } from '../growth/body-routes.ts'
import { EnumeratedSchemas } from '../growth/growing-fields.ts'
import { serve } from '../growth/request-work.ts'
import { writtenSeeds } from './seeds.ts'

/** Of every type, and objects that convert to no text and have members of other types than all objects have. */
const hostileValues: readonly unknown[] = [
	null,
	true,
	-1,
	1e308,
	'',
	'\ud800',
	[],
	{},
	[null],
	{ toString: 1, valueOf: 1 },
	[{ toString: 1, valueOf: 1 }],
	// A schema compares the length with its bound.
	{ length: [{ toString: 1, valueOf: 1 }], size: { toString: 1 } },
	JSON.parse('{"__proto__":null,"length":-1,"then":1,"toJSON":1,"constructor":1,"hasOwnProperty":1}'),
]

/** What several dialects share is enumerated once. */
const enumerated = new EnumeratedSchemas()

for await (const { dialect, route, schema, request } of bodyRoutes())
	describe(dialect.name, () => {
		test(`${route.method} ${route.path} reads or refuses every value of every field`, async () => {
			const failures = new Set<string>()
			const fields = enumerated.add(schema)
			const bodies = [
				...[request.body ?? {}, ...writtenBodies(dialect, route)],
				...fields.map(({ grow }) => ({ ...request.body, ...Object(grow(2, 'valid')) })),
			]
			const tried = new Set<string>()
			for (const body of bodies)
				for (const [path, made] of replacements(body, '', tried)) {
					const thrown = await serve(route, request, made).catch((thrown: unknown) => thrown)
					if (thrown !== undefined) failures.add(`${path}: ${String(thrown)}`)
				}
			expect([...failures]).toEqual([])
		})
	})

/** Bodies of requests that clients of the dialect send to the route. */
function writtenBodies({ mount, prefixes }: Dialect, { path }: Route): readonly unknown[] {
	const paths = prefixes.flatMap((prefix) => [mount + prefix + path, prefix + path])
	return writtenSeeds().flatMap(({ pattern, body }) => (paths.includes(pattern) ? [body?.(() => 0)] : []))
}

/** @param tried the paths of which the values have been replaced already. */
function* replacements(
	value: unknown,
	path: string,
	tried: Set<string>,
): Generator<readonly [path: string, made: unknown]> {
	if (typeof value !== 'object' || value === null) return
	for (const key of Object.keys(value)) {
		const inner: unknown = Reflect.get(value, key)
		const innerPath = `${path}.${key}`
		const type = Object(inner).type ?? Object(inner).role
		const identity = `${innerPath} ${JSON.stringify(value).length} ${String(type)}`
		const others = tried.has(identity) ? [] : hostileValues
		tried.add(identity)
		for (const other of others) yield [innerPath, replaced(value, key, other)]
		for (const [deeper, made] of replacements(inner, innerPath, tried)) yield [deeper, replaced(value, key, made)]
	}
}

function replaced(value: object, key: string, inner: unknown): unknown {
	if (Array.isArray(value)) return value.with(Number(key), inner)
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === key ? inner : one]))
}
