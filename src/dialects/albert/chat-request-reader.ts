// A chat request as Albert API read it in 2024: OpenAI's request with a different default temperature, and with `id`,
// which names a conversation and is not sent upstream.

import type { ChatRequest } from '../../chat/request.ts'
import { readChatRequest } from '../../wire/openai/chat-request-reader.ts'
import type { ReadChatRequest } from '../../wire/openai/read-chat-request.ts'
import type { ChatCall } from '../call.ts'
import { readUserIdHistory } from '../openai-family/user-id-history.ts'

export interface ReadAlbertChatRequest {
	/**
	 * The fields of the call that the request determines. `dropped` has the fields that have no effect: `id` without a
	 * history, or without a `user` to whom the conversation could belong.
	 */
	readonly fields: Pick<ChatCall, 'request' | 'stream' | 'dropped' | 'thread' | 'answersAsConversation' | 'violation'>
	readonly shape: Omit<ReadChatRequest, 'request' | 'stream' | 'violation'>
}

/** The temperature that its server sent upstream if the request had none. */
const defaultTemperature = 0.7

/**
 * @param hasHistory whether `user` and `id` identify a stored conversation.
 * @throws ChatError `invalid-request`.
 */
export function readAlbertChatRequest(body: unknown, hasHistory: boolean): ReadAlbertChatRequest {
	const { request, stream, violation, ...shape } = readChatRequest(body)
	const withDefaults = withTemperature(request)
	const history = hasHistory ? readUserIdHistory(withDefaults) : undefined
	if (history !== undefined) return { fields: { ...history, stream, violation, dropped: [] }, shape }
	const { id, ...passthrough } = withDefaults.passthrough
	const dropped = id === undefined ? [] : ['id']
	return { fields: { request: { ...withDefaults, passthrough }, stream, violation, dropped }, shape }
}

function withTemperature(request: ChatRequest): ChatRequest {
	return {
		...request,
		sampling: { ...request.sampling, temperature: request.sampling.temperature ?? defaultTemperature },
	}
}
