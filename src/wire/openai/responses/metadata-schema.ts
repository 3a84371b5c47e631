// The caller's metadata, within OpenAI's bounds.

import { z } from 'zod'
import { describedBy } from '../../json/json-object-schema.ts'

/** Maximum number of pairs. */
export const maxPairs = 16

const tooMany = `at most ${maxPairs} pairs`
const value = z.string().max(512)

const pairs = z
	.record(z.string().max(64), value)
	.refine((found) => Object.keys(found).length <= maxPairs, { error: tooMany })
	.meta({ maxProperties: maxPairs })

/** The same object, also with a pair named `__proto__`, which a schema of records would drop. */
export const metadataSchema = z
	.custom<z.infer<typeof pairs>>(() => true)
	.check((context) => {
		const given: unknown = context.value
		const issues = pairs.safeParse(given).error?.issues ?? []
		for (const issue of issues) context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue)
		if (typeof given !== 'object' || given === null || !Object.hasOwn(given, '__proto__')) return
		const own: unknown = Object.getOwnPropertyDescriptor(given, '__proto__')?.value
		for (const issue of value.safeParse(own).error?.issues ?? [])
			context.issues.push({ ...issue, path: ['__proto__', ...issue.path], input: own } as z.core.$ZodRawIssue)
		if (issues.length === 0 && Object.keys(given).length > maxPairs)
			context.issues.push({ code: 'custom', message: tooMany, input: given })
	})
	.meta({ [describedBy]: pairs })
