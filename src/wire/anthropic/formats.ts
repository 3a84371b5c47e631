// Names of this wire and of its messages. They label source text, passthrough fields and signatures, which other parts carry without reading
// them.

/** Value of `ReasoningSignature.wire` and `ChatRequest.passthroughWire`. */
export const messagesWire = 'anthropic'

/** Names of the server-sent events; `message` if a compatible server sends none. */
export const messageEventNames: ReadonlySet<string> = new Set([
	'message',
	'message_start',
	'message_delta',
	'message_stop',
	'content_block_start',
	'content_block_delta',
	'content_block_stop',
])

export const messageFormats = { event: 'anthropic message event', whole: 'anthropic message' } as const
