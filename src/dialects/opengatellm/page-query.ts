// The query parameters of OpenGateLLM's lists, with the field names of all versions.

import { z } from 'zod'
import { lastUnixTime } from '../../wire/json/unix-time.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'

/** An integer in a query. */
export function wholeNumber(least: number, most: number) {
	return z
		.union([z.string().regex(/^\d{1,12}$/), z.number()])
		.transform(Number)
		.pipe(z.int().min(least).max(most))
}

/** A time in a query, in seconds since 1970. */
export const seconds = wholeNumber(0, lastUnixTime)

export const direction = z.enum(['asc', 'desc'])

/** Former field names and their current names. */
const currentNames: Readonly<Record<string, string>> = { order_by: 'sort_by', order_direction: 'sort_order' }

/**
 * Reads the fields of `schema`; ignores all others and empty ones.
 *
 * @throws ChatError `invalid-request`.
 */
export function readQuery<Fields>(query: URLSearchParams, schema: z.ZodType<Fields>): Fields {
	const body: Record<string, string | number> = {}
	// Numbers are parsed, so that error messages show the right type.
	for (const [name, value] of query)
		if (value !== '') body[currentNames[name] ?? name] = /^-?\d{1,12}$/.test(value) ? Number(value) : value
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	return parsed.data
}
