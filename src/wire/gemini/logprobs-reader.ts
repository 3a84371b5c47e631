// Log-probabilities of a candidate: the chosen tokens in one list, what else was likely in another.

import type { TokenLogprob } from '../../chat/event.ts'
import { field, listField, numberField } from '../openai/fields.ts'

/** A `logprobsResult`; empty where it tells nothing. */
export function readLogprobs(result: unknown): readonly TokenLogprob[] {
	const tops = listField(result, 'topCandidates')
	return listField(result, 'chosenCandidates').map((chosen, index) => ({
		...readToken(chosen),
		top: listField(tops[index], 'candidates').map(readToken),
	}))
}

function readToken(value: unknown): TokenLogprob['top'][number] {
	const token = field(value, 'token')
	return {
		token: typeof token === 'string' ? token : '',
		logprob: numberField(value, 'logProbability') ?? -9999,
		bytes: null,
	}
}
