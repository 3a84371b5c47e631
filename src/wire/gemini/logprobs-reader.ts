// Log-probabilities of a candidate: one list has the chosen tokens, another the alternatives.

import type { TokenLogprob } from '../../chat/event.ts'
import { field, listField, numberField } from '../json/fields.ts'

/** Reads a `logprobsResult`; empty if it has no tokens. */
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
