// Schemas of objects whose members belong to the client, such as a tool's parameters. Unlike those of Zod they return the
// object that they were given, which may remember the text that it was parsed from.

import { z } from 'zod'
import { isObject } from '../../chat/json.ts'

/** Violations are those of a record: `invalid_type`, with `record` as the expected type. */
export const jsonObject = z
	.custom<Readonly<Record<string, unknown>>>()
	.check((given) => {
		if (!isObject(given.value))
			given.issues.push({ code: 'invalid_type', expected: 'record', input: given.value, continue: false })
	})
	.meta({ type: 'object' })

/** Key of the metadata of a schema that returns what it was given: the schema that it checks. */
export const describedBy = 'describedBy'

/** The same values and violations as `schema`, which must not convert. */
export function uncopied<Schema extends z.ZodType>(schema: Schema) {
	const checked = z.custom<z.output<Schema>>().check((given) => {
		const { error } = schema.safeParse(given.value)
		for (const issue of error?.issues ?? [])
			given.issues.push({ ...issue, input: given.value, continue: false } as z.core.$ZodRawIssue)
	})
	return checked.meta({ [describedBy]: schema })
}
