// Validates a schema marked `strict` against OpenAI's strict subset of JSON Schema. Sources: OpenAI's guide on
// structured outputs; error texts observed from its API. It reports violations only; engines enforce the schema.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import { shorten, showValue } from './schema-issue.ts'

export interface StrictViolation {
	/** Location in OpenAI's notation: `('properties', 'x')`, `()` for the root. */
	readonly context: string
	readonly message: string
}

const limits = {
	properties: 5000,
	depth: 10,
	characters: 120_000,
	enumValues: 1000,
	longEnum: 250,
	longEnumCharacters: 15_000,
} as const
const types: readonly Json[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
const refused: readonly string[] = [
	'allOf',
	'oneOf',
	'not',
	'dependentRequired',
	'dependentSchemas',
	'if',
	'then',
	'else',
	'patternProperties',
	'propertyNames',
	'unevaluatedProperties',
	'unevaluatedItems',
	'contains',
	'minContains',
	'maxContains',
	'uniqueItems',
	'minProperties',
	'maxProperties',
	'prefixItems',
]
const formats: readonly Json[] = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']

/** The first violation of the strict subset in `schema`, or undefined. Depth and work are bounded. */
export function strictViolation(schema: JsonObject): StrictViolation | undefined {
	return new Check(schema).run()
}

class Check {
	private readonly root: JsonObject
	private properties = 0
	private characters = 0
	private enumValues = 0

	constructor(root: JsonObject) {
		this.root = root
	}

	run(): StrictViolation | undefined {
		if (this.root.anyOf !== undefined) return violation([], "schema must not have 'anyOf' at the top level.")
		const { type } = this.resolve(this.root) ?? this.root
		if (type !== 'object')
			return violation(
				[],
				`schema must be a JSON Schema of 'type: "object"', got 'type: ${shorten(stringifyJson(type ?? 'None'))}'.`,
			)
		return this.definitions('$defs') ?? this.definitions('definitions') ?? this.node(this.root, [], 1)
	}

	private definitions(keyword: string): StrictViolation | undefined {
		return this.each(this.root[keyword], [keyword], 1)
	}

	private node(schema: Json | undefined, path: readonly string[], depth: number): StrictViolation | undefined {
		if (!isObject(schema)) return violation(path, 'schema must be an object.')
		if (depth > limits.depth) return violation(path, `schema exceeds the maximum nesting depth of ${limits.depth}.`)
		const keyword = refused.find((one) => schema[one] !== undefined)
		if (keyword !== undefined) return violation(path, `'${keyword}' is not permitted.`)
		if (schema.$ref !== undefined) return this.reference(schema, path)
		if (schema.anyOf !== undefined) return this.anyOf(schema.anyOf, path, depth)
		return this.scalar(schema, path) ?? this.object(schema, path, depth) ?? this.array(schema, path, depth)
	}

	private reference(schema: JsonObject, path: readonly string[]): StrictViolation | undefined {
		return this.resolve(schema) === undefined
			? violation(path, `reference '${showValue(schema.$ref)}' does not exist.`)
			: undefined
	}

	private anyOf(parts: Json, path: readonly string[], depth: number): StrictViolation | undefined {
		if (!Array.isArray(parts) || parts.length === 0)
			return violation([...path, 'anyOf'], "'anyOf' must be a non-empty array.")
		for (const [index, part] of parts.entries()) {
			const found = this.node(part, [...path, 'anyOf', String(index)], depth)
			if (found !== undefined) return found
		}
		return undefined
	}

	private scalar(schema: JsonObject, path: readonly string[]): StrictViolation | undefined {
		const { type, format } = schema
		const given = Array.isArray(type) ? type : [type]
		if (type === undefined && schema.enum === undefined && schema.const === undefined)
			return violation(path, "schema must have a 'type' key.")
		const unknown = given.find((one) => one !== undefined && !types.includes(one))
		if (unknown !== undefined) return violation(path, `${shorten(stringifyJson(unknown))} is not a valid type.`)
		if (format !== undefined && !formats.includes(format))
			return violation(path, `'format' ${shorten(stringifyJson(format))} is not supported.`)
		return this.values(schema, path)
	}

	private values(schema: JsonObject, path: readonly string[]): StrictViolation | undefined {
		const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
		if (values === undefined) return undefined
		if (!Array.isArray(values) || values.length === 0) return violation(path, "'enum' must be a non-empty array.")
		const length = values.reduce((sum: number, value: Json) => sum + (typeof value === 'string' ? value.length : 0), 0)
		if (values.length > limits.longEnum && length > limits.longEnumCharacters)
			return violation(
				path,
				`'enum' with more than ${limits.longEnum} values exceeds ${limits.longEnumCharacters} characters.`,
			)
		this.enumValues += values.length
		this.characters += length
		if (this.enumValues > limits.enumValues) return violation(path, `schema exceeds ${limits.enumValues} enum values.`)
		return this.tooLong(path)
	}

	private object(schema: JsonObject, path: readonly string[], depth: number): StrictViolation | undefined {
		const given = Array.isArray(schema.type) ? schema.type : [schema.type]
		if (!given.includes('object')) return undefined
		if (schema.additionalProperties !== false)
			return violation(path, "'additionalProperties' is required to be supplied and to be false.")
		const { properties = {}, required } = schema
		if (!isObject(properties)) return violation(path, "'properties' must be an object.")
		const names = Object.keys(properties)
		this.properties += names.length
		this.characters += names.reduce((sum, name) => sum + name.length, 0)
		if (this.properties > limits.properties) return violation(path, `schema exceeds ${limits.properties} properties.`)
		const demanded = new Set(Array.isArray(required) ? required : [])
		const missing = names.find((name) => !demanded.has(name))
		if (missing !== undefined)
			return violation(
				path,
				`'required' is required to be supplied and to be an array including every key in properties. Missing '${missing.slice(0, 100)}'.`,
			)
		const extra = [...demanded].find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name))
		if (extra !== undefined)
			return violation(path, `'required' names '${showValue(extra)}', which is not in properties.`)
		return this.tooLong(path) ?? this.each(properties, [...path, 'properties'], depth + 1)
	}

	private array(schema: JsonObject, path: readonly string[], depth: number): StrictViolation | undefined {
		const given = Array.isArray(schema.type) ? schema.type : [schema.type]
		if (!given.includes('array')) return undefined
		if (schema.items === undefined) return violation(path, 'array schema missing items.')
		return this.node(schema.items, [...path, 'items'], depth + 1)
	}

	private each(schemas: Json | undefined, path: readonly string[], depth: number): StrictViolation | undefined {
		if (!isObject(schemas)) return undefined
		for (const [name, schema] of Object.entries(schemas)) {
			const found = this.node(schema, [...path, name], depth)
			if (found !== undefined) return found
		}
		return undefined
	}

	private tooLong(path: readonly string[]): StrictViolation | undefined {
		return this.characters > limits.characters
			? violation(path, `names and enum values exceed ${limits.characters} characters.`)
			: undefined
	}

	/**
	 * Target of the schema's reference, or the schema itself if it has none. Definitions are checked once, at their
	 * definition.
	 */
	private resolve(schema: JsonObject, hops = 0): JsonObject | undefined {
		const reference = schema.$ref
		if (reference === undefined) return schema
		if (typeof reference !== 'string' || !reference.startsWith('#') || hops > 20) return undefined
		let target: Json | undefined = this.root
		for (const step of reference.slice(1).split('/').slice(1)) {
			const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
			target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined
		}
		return isObject(target) ? (target === schema ? undefined : this.resolve(target, hops + 1)) : undefined
	}
}

function violation(path: readonly string[], message: string): StrictViolation {
	const steps = path.map((step) => `'${step.slice(0, 100)}'`)
	return { context: steps.length === 1 ? `(${steps[0]},)` : `(${steps.join(', ')})`, message }
}
