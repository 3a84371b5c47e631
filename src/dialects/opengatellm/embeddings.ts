// POST /embeddings: OpenAI's, with usage and cost.

import { embeddingsRequestSchema, readEmbeddingsRequest } from '../../wire/openai/embeddings-request-reader.ts'
import { writeEmbeddings } from '../../wire/openai/embeddings-writer.ts'
import type { Route } from '../dialect.ts'
import { writePricedUsage } from './priced-usage.ts'

export const embeddings: Route = {
	method: 'POST',
	path: '/embeddings',
	bodySchema: embeddingsRequestSchema,
	read({ body }) {
		const { request, encoding } = readEmbeddingsRequest(body)
		return {
			type: 'embed',
			request,
			write(vectors, { token, model, price }) {
				const { model: _, ...named } = vectors
				const id = `embd-${token}`
				return {
					...writeEmbeddings(named, model, encoding),
					id,
					usage: writePricedUsage({ usage: vectors.usage, price, id, model }),
				}
			},
		}
	},
}
