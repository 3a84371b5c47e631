// Names of this wire and of its messages. They label source text, passthrough fields and signatures, which other parts
// carry without reading them.

/** Value of `ReasoningSignature.wire` and `ChatRequest.passthroughWire`. */
export const messagesWire = 'anthropic'

export const messageFormats = { event: 'anthropic message event', whole: 'anthropic message' } as const
