// Constant, consistent logprobs. Every token has -0.125. Its alternatives (the token followed by a number) have -3, -4,
// -5 and so on. The sum of the probabilities is less than 1.

import type { TokenLogprob } from '../../chat/event.ts'

const encoder = new TextEncoder()

/** @param top number of alternatives to return, including the token itself, which is the first. */
export function tokenLogprobs(token: string, top: number): readonly TokenLogprob[] {
	const likeliest = Array.from({ length: top }, (_, rank) =>
		rank === 0 ? scored(token, -0.125) : scored(`${token}${rank}`, -2 - rank),
	)
	return [{ ...scored(token, -0.125), top: likeliest }]
}

function scored(token: string, logprob: number) {
	return { token, logprob, bytes: [...encoder.encode(token)] }
}
