// Reranking: documents sorted by relevance to a query.

import type { Usage } from '../chat/usage.ts'

export interface RerankRequest {
	readonly model: string
	/** Not empty. */
	readonly query: string
	/** At least one, none empty. */
	readonly documents: readonly string[]
	/** Number of best results to return, 1 or more; all if absent. */
	readonly top?: number
}

export interface Ranking {
	/** The upstream's name for the model, if it differs from the requested name. */
	readonly model?: string
	/** Best first. */
	readonly results: readonly {
		/** Index of the document in the request. */
		readonly index: number
		/** Higher is more relevant; the scale depends on the model. */
		readonly score: number
	}[]
	readonly usage: Usage
}
