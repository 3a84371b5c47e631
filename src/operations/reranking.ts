// Documents put in the order of how well they answer a query.

import type { Usage } from '../chat/usage.ts'

export interface RerankRequest {
	readonly model: string
	/** Not empty. */
	readonly query: string
	/** At least one, none empty. */
	readonly documents: readonly string[]
	/** How many of the best are wanted, 1 or more; all where absent. */
	readonly top?: number
}

export interface Ranking {
	/** What the upstream calls the model, where that differs from what was asked. */
	readonly model?: string
	/** Best first. */
	readonly results: readonly {
		/** Of the document, as it was sent. */
		readonly index: number
		/** Higher is better; the scale is the model's. */
		readonly score: number
	}[]
	readonly usage: Usage
}
