// Reads a ranking of documents from rerankers: a list of results, or text-embeddings-inference's bare list. Documents
// repeated in it are ignored: the caller has them.

import { ChatError } from '../../chat/error.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import type { Ranking } from '../../operations/reranking.ts'
import { countField, field, listField, numberField, textField } from '../json/fields.ts'
import { readUsage } from '../openai/usage-reader.ts'

export interface RankingReading {
	/** The model requested from the upstream. */
	readonly model: string
	/** How many documents were sent. */
	readonly documents: number
	/** How many of the best documents to return. */
	readonly top?: number
	/** The upstream's name for callers, at the start of a sentence. */
	readonly title: string
}

type Result = Ranking['results'][number]

/** @throws ChatError `upstream-failed` if requested documents are missing. */
export function readRanking(body: unknown, { model, documents, top, title }: RankingReading): Ranking {
	const wanted = Math.min(top ?? documents, documents)
	const results = new Map<number, Result>()
	for (const item of resultsOf(body)) {
		const index = countField(item, 'index')
		const score = numberField(item, 'relevance_score') ?? numberField(item, 'score')
		if (index !== undefined && index < documents && score !== undefined) results.set(index, { index, score })
	}
	if (results.size < wanted)
		throw new ChatError('upstream-failed', `${title} returned no score for some of the documents.`, {
			sent: 'yes',
		})
	const reportedModel = textField(body, 'model')
	return {
		model: reportedModel === model ? undefined : reportedModel,
		results: [...results.values()].sort((a, b) => b.score - a.score || a.index - b.index).slice(0, wanted),
		usage: readRankingUsage(body),
	}
}

/** `results` of Cohere and most others, `data` of OpenGateLLM's older format and of Voyage, or the whole body. */
function resultsOf(body: unknown): readonly unknown[] {
	if (Array.isArray(body)) return body
	const results = listField(body, 'results')
	return results.length > 0 ? results : listField(body, 'data')
}

/** OpenAI's counts, a bare total as vLLM and Jina report it, or the units that Cohere bills. */
function readRankingUsage(body: unknown): Usage {
	const usage = field(body, 'usage')
	const meta = field(body, 'meta')
	const known = readUsage(usage)
	if (known !== undefined) return known
	const total =
		countField(usage, 'total_tokens') ??
		countField(field(meta, 'tokens'), 'input_tokens') ??
		countField(field(meta, 'billed_units'), 'input_tokens')
	return total === undefined ? countedUsage(0) : { ...countedUsage(0, total), source: 'upstream' }
}
