// Writes a ranking of documents as OpenGateLLM does: best first, in the format of Cohere's API and in the older format.

import type { Ranking } from '../../operations/reranking.ts'
import { type PricedUsage, writePricedUsage } from './priced-usage.ts'

export interface RankingShape extends Pick<PricedUsage, 'id' | 'model' | 'price'> {
	/** Requested with `prompt` and `input`. */
	readonly older: boolean
}

export function writeRanking({ results, usage }: Ranking, { id, model, price, older }: RankingShape) {
	const pricedUsage = writePricedUsage({ usage, price, id, model })
	if (older) {
		const data = results.map(({ index, score }) => ({ object: 'rerank', score, index }))
		return { object: 'list', id, data, usage: pricedUsage }
	}
	const written = results.map(({ index, score }) => ({ index, relevance_score: score }))
	return { object: 'list', id, results: written, model, usage: pricedUsage }
}
