// The configuration file's JSON Schema, for editors.

import { z } from 'zod'
import { configSchema, extension } from './schema.ts'

/** Of the file as it is written: a duration, for example, is a number or a text. */
export function configJsonSchema(): object {
	const schema = z.toJSONSchema(configSchema, {
		io: 'input',
		// Zod leaves out defaults and examples of fields that it converts; as written in the file they hold all the same.
		override({ zodSchema, jsonSchema }) {
			const { def } = zodSchema._zod
			if (def.type === 'default') jsonSchema.default = def.defaultValue
			const examples = z.globalRegistry.get(zodSchema)?.examples
			if (Array.isArray(examples)) jsonSchema.examples = examples
		},
	})
	return { ...schema, patternProperties: { [extension.source]: {} } }
}
