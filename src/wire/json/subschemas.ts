// The schemas directly within a JSON Schema. It knows which keywords contain schemas, not what they mean.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'

type Change = (subschema: JsonObject) => JsonObject

/** The value of a schema's keyword, with `change` applied to each schema directly within it. */
export function mapSubschemas(keyword: string, value: Json, change: Change): Json
export function mapSubschemas(keyword: string, value: Json | undefined, change: Change): Json | undefined
export function mapSubschemas(keyword: string, value: Json | undefined, change: Change): Json | undefined {
	if (noSchemas.has(keyword)) return value
	if (Array.isArray(value)) return value.map((one: Json) => (isObject(one) ? change(one) : one))
	if (!isObject(value) || JSON.isRawJSON(value)) return value
	if (!byName.has(keyword)) return change(value)
	return Object.fromEntries(
		Object.entries(value).map(([name, one]) => [name, one !== undefined && isObject(one) ? change(one) : one]),
	)
}

/** Keywords whose values map names to schemas, and keywords whose values contain no schema. */
const byName: ReadonlySet<string> = new Set([
	'properties',
	'$defs',
	'definitions',
	'patternProperties',
	'dependentSchemas',
])
const noSchemas: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required'])
