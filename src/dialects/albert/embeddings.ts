// POST /embeddings

import { readEmbeddingsRequest } from '../../wire/openai/embeddings-request-reader.ts'
import { writeEmbeddings } from '../../wire/openai/embeddings-writer.ts'
import type { Route } from '../dialect.ts'

export const embeddings: Route = {
	method: 'POST',
	path: '/embeddings',
	read({ body }) {
		const { request, encoding } = readEmbeddingsRequest(body)
		return { type: 'embed', request, write: (vectors, { model }) => writeEmbeddings(vectors, model, encoding) }
	},
}
