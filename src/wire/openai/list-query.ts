// Reads the query of a list in OpenAI's format, and writes the list itself.

import { z } from 'zod'
import { schemaError } from './schema-error.ts'

export interface ListQuery {
	/** The last element that the client has. */
	readonly after?: string
	/** 1 to 100. */
	readonly limit: number
	readonly order: 'asc' | 'desc'
}

const schema = z.object({
	after: z.string().optional(),
	limit: z
		.union([z.string().regex(/^\d{1,9}$/), z.number()])
		.transform(Number)
		.pipe(z.int().min(1).max(100))
		.optional(),
	order: z.enum(['asc', 'desc']).optional(),
})

/** @throws ChatError `invalid-request` */
export function readListQuery(query: URLSearchParams, order: ListQuery['order']): ListQuery {
	const parameters = { after: query.get('after'), limit: numberOf(query.get('limit')), order: query.get('order') }
	const body = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null && value !== ''))
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { after, limit } = parsed.data
	return { after, limit: limit ?? 20, order: parsed.data.order ?? order }
}

/** The value for validation errors: a number if the text is one. */
function numberOf(text: string | null): string | number | null {
	return text !== null && /^-?\d{1,9}$/.test(text) ? Number(text) : text
}

export function writeList(items: readonly { readonly id: string }[], more: boolean): object {
	return {
		object: 'list',
		data: items,
		first_id: items[0]?.id ?? null,
		last_id: items.at(-1)?.id ?? null,
		has_more: more,
	}
}
