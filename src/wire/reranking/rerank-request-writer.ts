// Writes a rerank request in the format of Cohere, which vLLM, Jina, LiteLLM and OpenGateLLM share, or in that of
// Hugging Face's text-embeddings-inference.

import type { JsonObject } from '../../chat/json.ts'
import type { RerankRequest } from '../../operations/reranking.ts'

export const rerankWords = ['documents', 'texts'] as const
/** The name of the list of documents distinguishes the two formats. */
export type RerankWords = (typeof rerankWords)[number]

/** @param model the upstream's name of the model. */
export function writeRerankRequest(request: RerankRequest, model: string, words: RerankWords): JsonObject {
	const { query, documents, top } = request
	switch (words) {
		case 'documents':
			return { model, query, documents, top_n: top }
		case 'texts':
			// The server has one model and returns all scores.
			return { query, texts: documents, truncate: true }
	}
}
