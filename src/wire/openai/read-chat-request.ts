// What both readers of a chat request result in.

import type { ChatRequest } from '../../chat/request.ts'

/** A request and how its answer is to be written. */
export interface ReadChatRequest {
	readonly request: ChatRequest
	readonly stream: boolean
	/** `stream_options.include_usage`: a last chunk tells the usage. */
	readonly includeUsage: boolean
	/** Asked with `functions`, so that calls are answered as `function_call`. */
	readonly legacyFunctions: boolean
}
