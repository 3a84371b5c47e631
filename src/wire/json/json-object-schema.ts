// The schema of an object whose members belong to the client, such as a tool's parameters. Unlike a record of Zod it
// returns the object that it was given, which may remember the text that it was parsed from.

import { z } from 'zod'
import { isObject } from '../../chat/json.ts'

/** Violations are those of a record: `invalid_type`, with `record` as the expected type. */
export const jsonObject = z.custom<Readonly<Record<string, unknown>>>().check((given) => {
	if (!isObject(given.value))
		given.issues.push({ code: 'invalid_type', expected: 'record', input: given.value, continue: false })
})
