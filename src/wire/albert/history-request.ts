// What a chat request at Albert API in 2024 said of its conversation: `user` begins one, `user` and `id` go on with it. Its server kept the
// last message of each request and the answer; instructions came anew with every request.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { readConversationId } from '../../conversations/conversation-id.ts'
import type { Thread, ThreadOrigin } from '../../conversations/thread.ts'

export interface HistoryRequest {
	/** Without `id`, which no upstream knows. */
	readonly request: ChatRequest
	readonly thread: Thread
}

/** @returns undefined where the request says nothing of a conversation: no `user`, or an empty one. */
export function readHistoryRequest(request: ChatRequest): HistoryRequest | undefined {
	const { user, messages } = request
	if (user === undefined || user === '') return undefined
	const { id, ...passthrough } = request.passthrough
	const front = messages.findIndex((message) => !isInstruction(message))
	return {
		request: { ...request, passthrough },
		thread: {
			surface: 'chat',
			origin: id === undefined || id === null ? { type: 'new', user } : goingOn(id, user),
			stored: false,
			listed: true,
			front: front === -1 ? 0 : front,
			kept: keptCount(messages),
			truncation: 'refuse',
			onConflict: 'branch',
			metadata: {},
			echo: {},
		},
	}
}

function goingOn(id: unknown, user: string): ThreadOrigin {
	const missing = () =>
		new ChatError('not-found', `The user has no conversation '${String(id).slice(0, 100)}'.`, { param: 'id' })
	if (typeof id !== 'string') throw new ChatError('invalid-request', "'id' must be a string.", { param: 'id' })
	const known = readConversationId(id)
	if (known === undefined) throw missing()
	return { type: 'conversation', id: known, user, missing }
}

/** The last message, and the results of tools before it: they belong to calls that are kept already. */
function keptCount(messages: readonly Message[]): number {
	let count = 1
	while (messages[messages.length - count - 1]?.role === 'tool') count++
	return count
}

function isInstruction({ role }: Message): boolean {
	return role === 'system' || role === 'developer'
}
