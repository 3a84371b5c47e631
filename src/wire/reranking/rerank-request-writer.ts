// A request for an order of documents as rerankers take it: in Cohere's words, which vLLM, Jina, LiteLLM and OpenGateLLM share, or in those
// of Hugging Face's text-embeddings-inference.

import type { JsonObject } from '../../chat/json.ts'
import type { RerankRequest } from '../../operations/reranking.ts'

export const rerankWords = ['documents', 'texts'] as const
/** What the list of documents is called tells the two apart. */
export type RerankWords = (typeof rerankWords)[number]

/** @param model what the upstream calls the model. */
export function writeRerankRequest(request: RerankRequest, model: string, words: RerankWords): JsonObject {
	const { query, documents, top } = request
	switch (words) {
		case 'documents':
			return { model, query, documents, ...(top === undefined ? {} : { top_n: top }) }
		case 'texts':
			// It serves one model and tells all scores.
			return { query, texts: documents, truncate: true }
	}
}
