// A chat request as Albert API read it in 2024: OpenAI's request with a different default temperature, and with `id`, which names a
// conversation and is not sent upstream.

import type { ChatRequest } from '../../chat/request.ts'
import { readChatRequest } from '../openai/chat-request-reader.ts'
import type { ReadChatRequest } from '../openai/read-chat-request.ts'
import { type HistoryRequest, readHistoryRequest } from './history-request.ts'

export interface ReadAlbertChatRequest extends ReadChatRequest {
	/** Set if `user` is present. */
	readonly history?: HistoryRequest
	/** Fields that have no effect: `id` without a `user` to whom the conversation could belong. */
	readonly dropped: readonly string[]
}

/** The temperature that its server sent upstream if the request had none. */
const defaultTemperature = 0.7

/** @throws ChatError `invalid-request`. */
export function readAlbertChatRequest(body: unknown): ReadAlbertChatRequest {
	const { request, ...shape } = readChatRequest(body)
	const warmed = withTemperature(request)
	const history = readHistoryRequest(warmed)
	const { id, ...passthrough } = warmed.passthrough
	return {
		...shape,
		request: { ...warmed, passthrough },
		history,
		dropped: id !== undefined && history === undefined ? ['id'] : [],
	}
}

function withTemperature(request: ChatRequest): ChatRequest {
	return {
		...request,
		sampling: { ...request.sampling, temperature: request.sampling.temperature ?? defaultTemperature },
	}
}
