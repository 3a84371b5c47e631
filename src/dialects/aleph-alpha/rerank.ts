// POST /rerank

import { z } from 'zod'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { RerankCall } from '../call.ts'
import type { Route } from '../dialect.ts'
import { priorityOf } from './priority.ts'

const schema = z.looseObject({
	model: z.string().min(1),
	query: z.string().min(1),
	documents: arrayOf(z.string().min(1)).min(1).max(10_000),
	top_n: z.int().min(1).nullish(),
})

export const rerank: Route = {
	method: 'POST',
	path: '/rerank',
	bodySchema: schema,
	read({ body, query: parameters }): RerankCall {
		const parsed = schema.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const { model, query, documents, top_n: top } = parsed.data
		return {
			type: 'rerank',
			request: { model, query, documents, top: top ?? undefined },
			write: ({ results, usage }) => ({
				results: results.map(({ index, score }) => ({ index, relevance_score: score })),
				usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: usage.promptTokens },
			}),
			...priorityOf(parameters()),
		}
	},
}
