// A chat request as Albert API read it in 2024: OpenAI's, with a temperature of its own where none is said, and with `id`, which names a
// conversation and is for no upstream.

import type { ChatRequest } from '../../chat/request.ts'
import { readChatRequest } from '../openai/chat-request-reader.ts'
import type { ReadChatRequest } from '../openai/read-chat-request.ts'
import { type HistoryRequest, readHistoryRequest } from './history-request.ts'

export interface ReadAlbertChatRequest extends ReadChatRequest {
	/** Where `user` is said. */
	readonly history?: HistoryRequest
	/** What means nothing: `id` where there is no `user` that it could belong to. */
	readonly dropped: readonly string[]
}

/** What its server sent upstream where a request did not say. */
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
		...(history === undefined ? {} : { history }),
		dropped: id !== undefined && history === undefined ? ['id'] : [],
	}
}

function withTemperature(request: ChatRequest): ChatRequest {
	return { ...request, sampling: { temperature: defaultTemperature, ...request.sampling } }
}
