// The affinity key of a conversation: its instructions and its first user message. Both stay the same when a client
// sends the complete history with each turn.

import type { Message } from '../chat/message.ts'
import type { ChatRequest } from '../chat/request.ts'

/**
 * Characters; enough to distinguish conversations. The limits are separate so that long instructions leave room for the
 * user message.
 */
const [longestPart, longestInstructions, longestFirst] = [8000, 8000, 8000]

export function affinityKey({ messages }: ChatRequest): string {
	let key = ''
	for (const message of messages) {
		const first = message.role === 'user'
		key = append(key, message, first ? key.length + longestFirst : longestInstructions)
		if (first) break
	}
	return key
}

/** Appends parts until the key has `bound` characters or more. */
function append(key: string, { content }: Message, bound: number): string {
	let longer = key
	for (const part of content) {
		if (longer.length >= bound) break
		longer += `${part.type}:${'text' in part ? part.text.slice(0, longestPart) : shorten(part)}\n`
	}
	return longer
}

function shorten(part: object): string {
	return Object.values(part)
		.map((value) => String(value).slice(0, longestPart))
		.join()
}
