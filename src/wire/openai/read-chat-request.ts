// The result of both readers of a chat request.

import type { ChatError } from '../../chat/error.ts'
import type { ChatRequest } from '../../chat/request.ts'

/** A request, and the format of its answer. */
export interface ReadChatRequest {
	readonly request: ChatRequest
	readonly stream: boolean
	/** `stream_options.include_usage`: the last chunk reports the usage. */
	readonly includeUsage: boolean
	/**
	 * `stream_options.include_start_usage`: the first chunk reports the usage that is known by then. Only a gateway sends
	 * it, to its own engine.
	 */
	readonly startUsage?: boolean | undefined
	/** Requested with `functions`, so calls are written as `function_call`. */
	readonly legacyFunctions: boolean
	/** The first rule of OpenAI's API that the request breaks; other servers of the wire may accept the request. */
	readonly violation?: ChatError | undefined
}
