// POST /tokenize and /detokenize

import { z } from 'zod'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Route } from '../dialect.ts'

const question = z.looseObject({
	model: z.string().min(1),
	prompt: z.string(),
	tokens: z.boolean().nullish(),
	token_ids: z.boolean().nullish(),
})
const inverse = z.looseObject({ model: z.string().min(1), token_ids: arrayOf(z.int().min(0)) })

export const tokenize: Route = {
	method: 'POST',
	path: '/tokenize',
	bodySchema: question,
	read({ body }) {
		const parsed = question.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const { model, prompt: text, tokens, token_ids: ids } = parsed.data
		return {
			type: 'tokenize',
			request: { model, text, special: false },
			write: (found) => ({
				tokens: tokens === false ? undefined : (found.texts ?? null),
				token_ids: ids === false ? undefined : found.ids,
			}),
		}
	},
}

export const detokenize: Route = {
	method: 'POST',
	path: '/detokenize',
	bodySchema: inverse,
	read({ body }) {
		const parsed = inverse.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const { model, token_ids: ids } = parsed.data
		return { type: 'detokenize', request: { model, ids }, write: (result) => ({ result }) }
	},
}
