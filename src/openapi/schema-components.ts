// The schemas of the document: each named one becomes a component, and every other schema refers to it. It does not know
// what the schemas describe.

import { z } from 'zod'
import { isObject, type JsonObject } from '../chat/json.ts'
import { describedBy } from '../wire/json/json-object-schema.ts'
import { passedOnFields, presetFields } from '../wire/json/schema-metadata.ts'

/** Whether a schema describes what clients send, or what they receive: defaults and conversions differ. */
export type SchemaDirection = 'input' | 'output'

export class SchemaComponents {
	private readonly named = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() }
	private readonly names = new Set<string>()

	/**
	 * A reference to the schema, which becomes a component with this name unless it is one already.
	 *
	 * @throws Error if another schema has the name.
	 */
	refer(schema: z.ZodType, name: string, direction: SchemaDirection): JsonObject {
		const known = this.named[direction].get(schema)
		if (known !== undefined) return referTo(known.id)
		if (this.names.has(name)) throw new Error(`two schemas have the name ${name}`)
		this.names.add(name)
		this.named[direction].add(schema, { id: name })
		return referTo(name)
	}

	/** All components by their names, in alphabetical order. */
	write(): JsonObject {
		const written = (['input', 'output'] as const).flatMap((direction) => {
			const { schemas } = z.toJSONSchema(this.named[direction], { ...optionsOf(direction), uri: pathOf })
			return Object.entries(schemas).map(([name, schema]): [string, JsonObject] => {
				const { $schema, $id, ...own } = asJson(schema)
				return [name, own]
			})
		})
		return Object.fromEntries(written.toSorted(([one], [other]) => (one < other ? -1 : 1)))
	}
}

/** A schema without a name, on its own. */
export function writeSchema(schema: z.ZodType, direction: SchemaDirection): JsonObject {
	const { $schema, ...own } = asJson(z.toJSONSchema(schema, optionsOf(direction)))
	return own
}

function optionsOf(direction: SchemaDirection) {
	return {
		io: direction,
		unrepresentable: 'any',
		override: ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }) => adapt(jsonSchema, direction),
	} as const
}

function adapt(jsonSchema: z.core.JSONSchema.BaseSchema, direction: SchemaDirection): void {
	// Clients ignore fields that they do not know, and later versions have more of them. An object whose further fields
	// come from elsewhere is marked in answers.
	if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
	else if (isEmpty(jsonSchema.additionalProperties)) {
		delete jsonSchema.additionalProperties
		if (direction === 'output') jsonSchema.additionalProperties = true
	}
	if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
	if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
	const { [describedBy]: described, [passedOnFields]: passedOn, [presetFields]: preset } = jsonSchema
	delete jsonSchema[describedBy]
	delete jsonSchema[passedOnFields]
	delete jsonSchema[presetFields]
	if (Array.isArray(preset)) jsonSchema.required = jsonSchema.required?.filter((name) => !preset.includes(name))
	if (isObject(passedOn)) jsonSchema.properties = { ...jsonSchema.properties, ...describePassedOn(passedOn) }
	if (described instanceof z.ZodType) Object.assign(jsonSchema, writeSchema(described, 'input'))
}

function describePassedOn(
	fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, z.core.JSONSchema._JSONSchema>> {
	const suffix = 'Passed on to upstreams of this API; others do not receive it.'
	return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, { description: `${text} ${suffix}` }]))
}

function isEmpty(value: unknown): boolean {
	return isObject(value) && Object.keys(value).length === 0
}

/** What JSON has of it: Zod's results have further properties. */
function asJson(schema: object): JsonObject {
	return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
		if (!isObject(value) || !Array.isArray(value.oneOf)) return value
		const { oneOf, ...own } = value
		// A choice of one schema is that schema.
		if (oneOf.length === 1) return { ...own, ...oneOf[0] }
		return haveCommonField(oneOf) ? value : { ...own, anyOf: oneOf }
	})
}

/** Whether all schemas require the same field, which may exclude the others. Schemas elsewhere count as such. */
function haveCommonField(schemas: readonly JsonObject[]): boolean {
	const required = schemas.filter(({ $ref }) => $ref === undefined).map((schema) => new Set([schema.required].flat()))
	return required.reduce((common, one) => common.intersection(one), required[0] ?? new Set([''])).size > 0
}

function pathOf(name: string): string {
	return `#/components/schemas/${name}`
}

function referTo(name: string): JsonObject {
	return { $ref: pathOf(name) }
}
