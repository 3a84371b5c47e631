// The conversation fields of a chat request to Albert API in 2024: `user` alone starts a conversation, `user` and `id` continue it. Its
// server stored the last message of each request and the answer; clients sent the instructions with every request.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { readConversationId } from '../../conversations/conversation-id.ts'
import type { Thread, ThreadOrigin } from '../../conversations/thread.ts'

export interface HistoryRequest {
	/** Without `id`, which upstreams do not accept. */
	readonly request: ChatRequest
	readonly thread: Thread
}

/** @returns undefined if the request belongs to no conversation: `user` is absent or empty. */
export function readHistoryRequest(request: ChatRequest): HistoryRequest | undefined {
	const { user, messages } = request
	if (user === undefined || user === '') return undefined
	const { id, ...passthrough } = request.passthrough
	const firstOther = messages.findIndex((message) => !isInstruction(message))
	const [before, after] = [firstOther === -1 ? 0 : firstOther, messages.length - newMessageCount(messages)]
	return {
		request: { ...request, passthrough },
		thread: {
			surface: 'chat',
			origin: id === undefined || id === null ? { type: 'new', user } : continuation(id, user),
			stored: false,
			listed: true,
			instructions: messages.slice(0, before),
			transient: messages.slice(before, after),
			incoming: messages.slice(after),
			truncation: 'refuse',
			onConflict: 'branch',
			metadata: {},
			echo: {},
		},
	}
}

function continuation(id: unknown, user: string): ThreadOrigin {
	const missing = () =>
		new ChatError('not-found', `The user has no conversation '${String(id).slice(0, 100)}'.`, { param: 'id' })
	if (typeof id !== 'string') throw new ChatError('invalid-request', "'id' must be a string.", { param: 'id' })
	const known = readConversationId(id)
	if (known === undefined) throw missing()
	return { type: 'conversation', id: known, user, missing }
}

/** The last message and the tool results before it: they belong to calls that are already stored. */
function newMessageCount(messages: readonly Message[]): number {
	let count = 1
	while (messages[messages.length - count - 1]?.role === 'tool') count++
	return count
}

function isInstruction({ role }: Message): boolean {
	return role === 'system' || role === 'developer'
}
