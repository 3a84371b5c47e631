// What a schema of requests does not express itself, as metadata for descriptions of the API.

import type { z } from 'zod'

/** Key of the metadata: descriptions of fields that the schema does not read, but that reach upstreams of the same wire. */
export const passedOnFields = 'passedOnFields'
/** Key of the metadata: names of fields that are set before the schema reads an object without them. */
export const presetFields = 'presetFields'

/** The same schema with the descriptions of fields that it passes on. */
export function passingOn<Schema extends z.ZodType>(schema: Schema, fields: Readonly<Record<string, string>>): Schema {
	return schema.meta({ [passedOnFields]: fields })
}

/** The same schema, whose readers set these fields if they are absent. */
export function presetting<Schema extends z.ZodType>(schema: Schema, fields: readonly string[]): Schema {
	return schema.meta({ [presetFields]: fields })
}
