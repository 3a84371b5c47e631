// A JSON schema of an object as rows, one for each property. Schemas that have more than rows can express are edited as JSON.

export const rowTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const
export type RowType = (typeof rowTypes)[number]

export interface SchemaRow {
	readonly name: string
	readonly type: RowType
	readonly required: boolean
	readonly description: string
}

export const emptySchema: unknown = { type: 'object', properties: {}, required: [], additionalProperties: false }

/** Undefined if rows cannot express the schema. */
export function readRows(schema: unknown): readonly SchemaRow[] | undefined {
	if (
		!isRecord(schema) ||
		schema.type !== 'object' ||
		!hasOnly(schema, ['type', 'properties', 'required', 'additionalProperties'])
	)
		return undefined
	const { properties = {}, required = [], additionalProperties } = schema
	if (!isRecord(properties) || !Array.isArray(required) || additionalProperties !== false) return undefined
	const rows: SchemaRow[] = []
	for (const [name, property] of Object.entries(properties)) {
		if (!isRecord(property) || !hasOnly(property, ['type', 'description', 'items'])) return undefined
		const type = rowTypes.find((known) => known === property.type)
		const { description = '' } = property
		const isList = type === 'array' && JSON.stringify(property.items) === '{"type":"string"}'
		if (type === undefined || typeof description !== 'string' || isList !== (property.items !== undefined))
			return undefined
		rows.push({ name, type, required: required.includes(name), description })
	}
	return rows
}

/** Lists contain texts. Rows without a name are left out. */
export function writeRows(rows: readonly SchemaRow[]): unknown {
	const named = rows.filter(({ name }) => name !== '')
	return {
		type: 'object',
		properties: Object.fromEntries(named.map((row) => [row.name, writeRow(row)])),
		required: named.filter(({ required }) => required).map(({ name }) => name),
		additionalProperties: false,
	}
}

function writeRow({ type, description }: SchemaRow): unknown {
	const items = type === 'array' ? { items: { type: 'string' } } : {}
	return { type, ...items, ...(description === '' ? {} : { description }) }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value)

const hasOnly = (value: object, names: readonly string[]): boolean =>
	Object.keys(value).every((name) => names.includes(name))
