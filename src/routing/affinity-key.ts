// What stays the same from turn to turn of a conversation that its client sends whole each time: the instructions in front and the first
// thing the user said.

import type { Message } from '../chat/message.ts'
import type { ChatRequest } from '../chat/request.ts'

/** Enough to tell conversations apart. Each is a bound of its own, so that long instructions leave room for what the user said. */
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

/** No part is begun once the key is as long as `bound`. */
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
