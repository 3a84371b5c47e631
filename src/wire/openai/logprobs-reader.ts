// Reads log-probabilities in the format of Chat Completions and from the four parallel lists of legacy completions. What
// has no number is unknown.

import type { TokenLogprob } from '../../chat/event.ts'
import { isObject } from '../../chat/json.ts'
import { field, listField, numberField } from '../json/fields.ts'

type Alternative = TokenLogprob['top'][number]

/** Reads a choice's `logprobs` object; empty if it contains none. */
export function readLogprobs(logprobs: unknown): readonly TokenLogprob[] {
	return listField(logprobs, 'content').map((token) => ({
		...readToken(token),
		top: listField(token, 'top_logprobs').map(readToken),
	}))
}

function readToken(value: unknown): Alternative {
	const token = field(value, 'token')
	const bytes = field(value, 'bytes')
	return {
		token: typeof token === 'string' ? token : '',
		logprob: numberField(value, 'logprob') ?? null,
		bytes: Array.isArray(bytes) ? bytes.filter((byte) => typeof byte === 'number') : null,
	}
}

/** Reads `logprobs` of legacy completions. The first token of an echoed prompt has none. */
export function readTokenLists(logprobs: unknown): readonly TokenLogprob[] {
	const values = listField(logprobs, 'token_logprobs')
	const tops = listField(logprobs, 'top_logprobs')
	return listField(logprobs, 'tokens').map((token, index) => {
		const logprob = values[index]
		return {
			token: typeof token === 'string' ? token : '',
			logprob: typeof logprob === 'number' ? logprob : null,
			bytes: null,
			top: readAlternatives(tops[index]),
		}
	})
}

function readAlternatives(top: unknown): readonly Alternative[] {
	if (!isObject(top)) return []
	return Object.entries(top).map(([token, logprob]) => ({
		token,
		logprob: typeof logprob === 'number' ? logprob : null,
		bytes: null,
	}))
}
