// Generates the smallest value that matches a JSON Schema. Supports types, properties, items, enums, lengths, ranges
// and references. Patterns and conditions are ignored, so the value may not match a schema that has them.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import { decodePath } from '../../http/path.ts'

/** Below this depth the value is `null`, which ends recursive schemas. */
const maxDepth = 32
/**
 * Parts of the schema that are read for one sample, and characters of its texts. References and lengths of arrays multiply, so that a
 * short schema may ask for any number of values.
 */
const [maxParts, maxCharacters] = [50_000, 1_000_000]

/** Beyond its bounds, values are `null`, objects and arrays end, and texts are short. */
export function sampleSchema(schema: JsonObject): Json {
	return new Sampler(schema).sample(schema, 0)
}

class Sampler {
	private readonly root: JsonObject
	private read = 0
	private characters = 0

	constructor(root: JsonObject) {
		this.root = root
	}

	sample(schema: Json | undefined, depth: number): Json {
		if (!isObject(schema) || depth > maxDepth || this.isFull) return null
		this.read++
		if (schema.const !== undefined) return this.constant(schema.const)
		const [option] = list(schema.enum)
		if (option !== undefined) return this.constant(option)
		const reference = schema.$ref
		if (typeof reference === 'string') {
			const names = reference.split('/')
			this.read += names.length
			return this.sample(resolve(names, this.root), depth + 1)
		}
		const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)]
		this.read += alternatives.length
		if (alternatives.length > 0) return this.sample(simplest(alternatives), depth + 1)
		const parts = list(schema.allOf).filter((part) => isObject(part))
		this.read += parts.length
		if (parts.length > 0) return this.sampleObject(merge([schema, ...parts]), depth)
		return this.sampleType(typeOf(schema), schema, depth)
	}

	private get isFull(): boolean {
		return this.read >= maxParts || this.characters >= maxCharacters
	}

	private constant(value: Json): Json {
		this.characters += stringifyJson(value).length
		return value
	}

	private sampleType(type: string, schema: JsonObject, depth: number): Json {
		switch (type) {
			case 'object':
				return this.sampleObject(schema, depth)
			case 'array':
				return this.sampleArray(schema, depth)
			case 'string':
				return this.sampleText(schema)
			case 'integer':
			case 'number':
				return sampleNumber(schema, type === 'integer')
			case 'boolean':
				return false
			default:
				return null
		}
	}

	private sampleObject(schema: JsonObject, depth: number): Json {
		const properties = isObject(schema.properties) ? schema.properties : {}
		const value: Record<string, Json> = {}
		for (const name of list(schema.required)) {
			if (this.isFull) break
			if (typeof name === 'string') value[name] = this.sample(properties[name], depth + 1)
		}
		return value
	}

	private sampleArray(schema: JsonObject, depth: number): Json {
		const length = Math.min(number(schema.minItems) ?? 0, 100)
		const first = list(schema.prefixItems)
		const value: Json[] = []
		while (value.length < length && !this.isFull)
			value.push(this.sample(first[value.length] ?? schema.items, depth + 1))
		return value
	}

	private sampleText(schema: JsonObject): string {
		const format = schema.format
		const text = typeof format === 'string' ? (formats[format] ?? 'text') : 'text'
		const room = maxCharacters - this.characters
		const padded = text.padEnd(Math.min(number(schema.minLength) ?? 0, 10_000, room), 'x')
		this.characters += padded.length
		return padded.slice(0, number(schema.maxLength) ?? padded.length)
	}
}

/** The first declared type, or the type implied by the other keywords. */
function typeOf(schema: JsonObject): string {
	const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
	if (typeof type === 'string') return type
	if (schema.properties !== undefined) return 'object'
	return schema.items === undefined ? 'object' : 'array'
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
function resolve([, ...names]: readonly string[], root: JsonObject): Json | undefined {
	let value: Json | undefined = root
	for (const name of names) {
		const key = (decodePath(name) ?? name).replaceAll('~1', '/').replaceAll('~0', '~')
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
