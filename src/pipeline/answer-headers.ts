// The response headers of answers: the ids of a stored turn, and the parts that were omitted.

import { writeConversationId } from '../conversations/conversation-id.ts'
import type { Admitted } from './admit.ts'

export function headersOf(
	{ turn, dropped: messages, call }: Admitted,
	dropped: readonly string[] = [],
): Readonly<Record<string, string>> {
	const earlier = ('dropped' in call ? call.dropped : undefined) ?? []
	if (turn === undefined && messages === 0 && earlier.length === 0 && dropped.length === 0) return noHeaders
	return {
		...(turn === undefined
			? {}
			: {
					'x-dragoman-conversation': writeConversationId(turn.conversation),
					'x-dragoman-message': `msg_${turn.answer}`,
				}),
		...(messages === 0 ? {} : { 'x-dragoman-truncated': String(messages) }),
		...writeDropped([...earlier, ...dropped]),
	}
}

const noHeaders: Readonly<Record<string, string>> = {}
const longestDropped = 1000

/** Parts of the request that the upstream's format cannot express: no omission is silent. */
function writeDropped(parts: readonly string[]): Readonly<Record<string, string>> {
	if (parts.length === 0) return {}
	// Names of fields come from clients.
	const names = [...new Set(parts)].map((part) => part.replace(/[^\w.[\]-]/g, '?'))
	return { 'x-dragoman-dropped': names.join(', ').slice(0, longestDropped) }
}
