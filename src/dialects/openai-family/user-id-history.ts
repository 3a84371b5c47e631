// A conversation that a chat request names by two fields: `user` alone starts one, `user` and `id` continue it. Clients
// send the instructions with every request; only the last message and the answer are stored. This file does not know
// when such a history is enabled.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { readConversationId } from '../../conversations/conversation-id.ts'
import type { ThreadOrigin } from '../../conversations/thread.ts'
import type { ChatCall } from '../call.ts'

/** The fields of the call that it determines. The request is without `id`, which upstreams do not accept. */
export type UserIdHistory = Required<Pick<ChatCall, 'request' | 'thread' | 'answersAsConversation'>>

/**
 * @returns undefined if the request belongs to no conversation: `user` is absent or empty.
 * @throws ChatError `invalid-request` or `not-found` for an `id` that is not a conversation's.
 */
export function readUserIdHistory(request: ChatRequest): UserIdHistory | undefined {
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
		answersAsConversation: true,
	}
}

function continuation(id: unknown, user: string): ThreadOrigin {
	if (typeof id !== 'string') throw new ChatError('invalid-request', "'id' must be a string.", { param: 'id' })
	const notFound = () =>
		new ChatError('not-found', `The user has no conversation '${id.slice(0, 100)}'.`, { param: 'id' })
	const known = readConversationId(id)
	if (known === undefined) throw notFound()
	return { type: 'conversation', id: known, user, notFound }
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
