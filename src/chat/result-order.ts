// Moves the results of tool calls directly after the answers that contain the calls: most APIs refuse a message between
// them. It does not check that every call has its result.

import type { Message } from './message.ts'
import { toolCallsOf } from './parts.ts'

/**
 * The messages with each result after the answer that contains its call, and the messages that preceded the result after
 * all of the answer's results. Results of one answer keep their order, and so does everything else. The same list if
 * nothing moves.
 */
export function resultsAfterCalls(messages: readonly Message[]): readonly Message[] {
	const answerOf = new Map<string, number>()
	const results = new Map<number, number[]>()
	let moves = false
	for (const [index, message] of messages.entries()) {
		if (message.role === 'assistant') for (const { id } of toolCallsOf(message.content)) answerOf.set(id, index)
		if (message.role !== 'tool') continue
		const answer = answerOf.get(message.callId)
		if (answer === undefined) continue
		const own = results.get(answer) ?? []
		own.push(index)
		results.set(answer, own)
		if (index !== answer + own.length) moves = true
	}
	if (!moves) return messages
	const moved = new Set([...results.values()].flat())
	return messages.flatMap((message, index) => {
		if (moved.has(index)) return []
		const own = (results.get(index) ?? []).flatMap((at) => messages[at] ?? [])
		return [message, ...own]
	})
}
