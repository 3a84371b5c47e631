// What stays the same from turn to turn of a conversation that its client sends whole each time: the instructions in front and the first
// thing the user said.

import type { ChatRequest } from '../chat/request.ts'

/** Enough to tell conversations apart. */
const longestPart = 2000

export function affinityKey({ messages }: ChatRequest): string {
	let key = ''
	for (const message of messages) {
		for (const part of message.content)
			key += `${part.type}:${'text' in part ? part.text.slice(0, longestPart) : shorten(part)}\n`
		if (message.role === 'user') break
	}
	return key
}

function shorten(part: object): string {
	return Object.values(part)
		.map((value) => String(value).slice(0, longestPart))
		.join()
}
