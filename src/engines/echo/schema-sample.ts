// Generates the smallest value that matches a JSON Schema. Supports types, properties, items, enums, lengths, ranges
// and references. Patterns and conditions are ignored, so the value may not match a schema that has them.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'

/** Below this depth the value is `null`, which ends recursive schemas. */
const maxDepth = 32

export function sampleSchema(schema: JsonObject): Json {
	return sample(schema, schema, 0)
}

function sample(schema: Json | undefined, root: JsonObject, depth: number): Json {
	if (!isObject(schema) || depth > maxDepth) return null
	if (schema.const !== undefined) return schema.const
	const [option] = list(schema.enum)
	if (option !== undefined) return option
	const reference = schema.$ref
	if (typeof reference === 'string') return sample(resolve(reference, root), root, depth + 1)
	const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)]
	if (alternatives.length > 0) return sample(simplest(alternatives), root, depth + 1)
	const parts = list(schema.allOf).filter((part) => isObject(part))
	if (parts.length > 0) return sampleObject(merge([schema, ...parts]), root, depth)
	return sampleType(typeOf(schema), schema, root, depth)
}

function sampleType(type: string, schema: JsonObject, root: JsonObject, depth: number): Json {
	switch (type) {
		case 'object':
			return sampleObject(schema, root, depth)
		case 'array':
			return sampleArray(schema, root, depth)
		case 'string':
			return sampleText(schema)
		case 'integer':
		case 'number':
			return sampleNumber(schema, type === 'integer')
		case 'boolean':
			return false
		default:
			return null
	}
}

/** The first declared type, or the type implied by the other keywords. */
function typeOf(schema: JsonObject): string {
	const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
	if (typeof type === 'string') return type
	if (schema.properties !== undefined) return 'object'
	return schema.items === undefined ? 'object' : 'array'
}

function sampleObject(schema: JsonObject, root: JsonObject, depth: number): Json {
	const properties = isObject(schema.properties) ? schema.properties : {}
	const value: Record<string, Json> = {}
	for (const name of list(schema.required))
		if (typeof name === 'string') value[name] = sample(properties[name], root, depth + 1)
	return value
}

function sampleArray(schema: JsonObject, root: JsonObject, depth: number): Json {
	const length = Math.min(number(schema.minItems) ?? 0, 100)
	const first = list(schema.prefixItems)
	return Array.from({ length }, (_, index) => sample(first[index] ?? schema.items, root, depth + 1))
}

const formats: Readonly<Record<string, string>> = {
	date: '2000-01-01',
	time: '00:00:00Z',
	'date-time': '2000-01-01T00:00:00Z',
	duration: 'P1D',
	email: 'a@example.com',
	hostname: 'example.com',
	ipv4: '127.0.0.1',
	ipv6: '::1',
	uri: 'http://example.com/',
	uuid: '00000000-0000-4000-8000-000000000000',
}

function sampleText(schema: JsonObject): string {
	const format = schema.format
	const text = typeof format === 'string' ? (formats[format] ?? 'text') : 'text'
	const padded = text.padEnd(Math.min(number(schema.minLength) ?? 0, 10_000), 'x')
	return padded.slice(0, number(schema.maxLength) ?? padded.length)
}

/** The number in the range that is closest to 0. */
function sampleNumber(schema: JsonObject, integer: boolean): number {
	const step = number(schema.multipleOf) ?? (integer ? 1 : 0)
	const above = number(schema.exclusiveMinimum)
	const below = number(schema.exclusiveMaximum)
	const least = number(schema.minimum) ?? (above === undefined ? undefined : above + (step || 0.5))
	const most = number(schema.maximum) ?? (below === undefined ? undefined : below - (step || 0.5))
	if (least !== undefined && least > 0) return step === 0 ? least : Math.ceil(least / step) * step
	if (most !== undefined && most < 0) return step === 0 ? most : Math.floor(most / step) * step
	return 0
}

/** An alternative without recursion, preferably `null`. */
function simplest(alternatives: readonly Json[]): Json | undefined {
	return (
		alternatives.find((one) => isObject(one) && one.type === 'null') ??
		alternatives.find((one) => isObject(one) && one.$ref === undefined) ??
		alternatives[0]
	)
}

function merge(schemas: readonly JsonObject[]): JsonObject {
	const properties = Object.assign({}, ...schemas.map((one) => one.properties))
	return { properties, required: schemas.flatMap((one) => list(one.required)) }
}

/** Resolves `#`, or a path such as `#/$defs/node`. */
function resolve(reference: string, root: JsonObject): Json | undefined {
	let value: Json | undefined = root
	for (const name of reference.split('/').slice(1)) {
		const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
		value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
	}
	return value
}

function list(value: Json | undefined): readonly Json[] {
	return Array.isArray(value) ? value : []
}

function number(value: Json | undefined): number | undefined {
	return typeof value === 'number' ? value : undefined
}
