// The configuration file's JSON Schema, for editors.

import { z } from 'zod'
import { configSchema, extension } from './schema.ts'

/** Describes the file before conversion: a duration, for example, is a number or text. */
export function configJsonSchema(): object {
	const schema = z.toJSONSchema(configSchema, {
		io: 'input',
		// Zod omits defaults and examples of fields that it converts; they are valid in the file as well.
		override({ zodSchema, jsonSchema }) {
			const { def } = zodSchema._zod
			if (def.type === 'default') jsonSchema.default = def.defaultValue
			const examples = z.globalRegistry.get(zodSchema)?.examples
			if (Array.isArray(examples)) jsonSchema.examples = examples
		},
	})
	return { ...schema, patternProperties: { [extension.source]: {} } }
}
