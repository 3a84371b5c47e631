// POST /embeddings, as OpenAI's API defines it.

import { embeddingsRequestSchema, readEmbeddingsRequest } from '../../wire/openai/embeddings-request-reader.ts'
import { writeEmbeddings } from '../../wire/openai/embeddings-writer.ts'
import type { CallOptions, EmbeddingCall } from '../call.ts'
import type { Route, RouteInput } from '../dialect.ts'

export function embeddingsRoute(options?: (input: RouteInput) => CallOptions): Route {
	return {
		method: 'POST',
		path: '/embeddings',
		bodySchema: embeddingsRequestSchema,
		read(input): EmbeddingCall {
			const { request, encoding } = readEmbeddingsRequest(input.body)
			return {
				type: 'embed',
				request,
				write: (vectors, { model }) => writeEmbeddings(vectors, model, encoding),
				...options?.(input),
			}
		},
	}
}
