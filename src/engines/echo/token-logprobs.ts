// Log-probabilities of a model that never doubts: made up, the same for every token, and consistent. The token itself has -0.125, its
// alternatives (the token with a number behind it) have -3, -4, -5 and so on; together they stay below a probability of 1.

import type { TokenLogprob } from '../../chat/event.ts'

const encoder = new TextEncoder()

/** @param top how many of the likeliest to tell, the token itself being the first. */
export function tokenLogprobs(token: string, top: number): readonly TokenLogprob[] {
	const likeliest = Array.from({ length: top }, (_, place) =>
		place === 0 ? scored(token, -0.125) : scored(`${token}${place}`, -2 - place),
	)
	return [{ ...scored(token, -0.125), top: likeliest }]
}

function scored(token: string, logprob: number) {
	return { token, logprob, bytes: [...encoder.encode(token)] }
}
