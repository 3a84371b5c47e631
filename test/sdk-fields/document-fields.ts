// Whether the OpenAPI document has a field of the SDKs' types: looks it up by its names, through all alternatives of a schema.
// It knows no wire and no field.

import { isObject } from '../../src/chat/json.ts'
import type { DocumentValidator } from '../../src/openapi/document-validator.testing.ts'

export class DocumentFields {
	private readonly validator: DocumentValidator

	constructor(validator: DocumentValidator) {
		this.validator = validator
	}

	/** @param path of the operation whose body has the field. @param names from the body to the field. */
	has(path: string, names: readonly string[]): boolean {
		const operation = this.validator.at('POST', path)
		const steps = ['paths', operation.path, 'post', 'requestBody', 'content', 'application/json', 'schema']
		let schemas: readonly unknown[] = [this.validator.valueAt(steps)]
		for (const name of names) {
			schemas = schemas.flatMap((schema) => this.alternatives(schema)).flatMap((schema) => memberOf(schema, name))
			if (schemas.length === 0) return false
		}
		return true
	}

	/** The schemas that a value may have, or each of its elements. */
	private alternatives(schema: unknown): readonly Readonly<Record<string, unknown>>[] {
		if (!isObject(schema)) return []
		if (typeof schema.$ref === 'string')
			return this.alternatives(this.validator.valueAt(schema.$ref.slice('#/'.length).split('/')))
		const inner = [schema.anyOf, schema.oneOf, schema.items, schema.additionalProperties].flat().filter(isObject)
		return [schema, ...inner.flatMap((one) => this.alternatives(one))]
	}
}

/** The schema of a member; of a value that may be anything, anything. */
function memberOf(schema: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
	const { properties } = schema
	if (isObject(properties)) return Object.hasOwn(properties, name) ? [properties[name]] : []
	return Object.keys(schema).every((keyword) => keyword === 'description') ? [schema] : []
}
