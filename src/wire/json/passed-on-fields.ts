// The fields that a schema of requests does not read, but that reach upstreams of the same wire: for descriptions of the API.

import type { z } from 'zod'

/** Key of the metadata of a schema: descriptions of such fields by their names. */
export const passedOnFields = 'passedOnFields'

/** The same schema with the descriptions of fields that it passes on. */
export function passingOn<Schema extends z.ZodType>(schema: Schema, fields: Readonly<Record<string, string>>): Schema {
	return schema.meta({ [passedOnFields]: fields })
}
