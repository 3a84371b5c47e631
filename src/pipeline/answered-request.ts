// How the request that an upstream answered differs from that of the client, for the answer's stored turn.

import type { AnsweredRequest } from '../conversations/conversation.ts'
import { publicNameOf } from '../routing/model.ts'
import type { Recalled } from './recall.ts'

/** Names of dropped parts may come from clients. */
const [mostDropped, longestName] = [50, 100]

/** Parts of the request that were left out: each of them once, and not more than an answer and its turn can repeat. */
export function distinctParts(dropped: readonly string[]): readonly string[] {
	return [...new Set(dropped.map((part) => part.slice(0, longestName)))].slice(0, mostDropped)
}

/** @returns undefined if there is no difference. */
export function answeredRequest(
	{ model: requested, dropped: truncated }: Pick<Recalled, 'model' | 'dropped'>,
	{ model, dropped }: { readonly model: string | undefined; readonly dropped: readonly string[] },
): AnsweredRequest | undefined {
	const differs = model !== undefined && model !== publicNameOf(requested)
	if (!differs && dropped.length === 0 && truncated === 0) return undefined
	return {
		model: differs ? model : undefined,
		dropped: dropped.length === 0 ? undefined : distinctParts(dropped),
		truncated: truncated === 0 ? undefined : truncated,
	}
}
