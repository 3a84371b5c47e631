// What this wire and its messages are called: where bytes are handed on with what was read from them, where a request's own fields or a
// model's proof of its thinking travel through parts that cannot read them.

/** Of `Proof.wire` and `ChatRequest.passthroughWire`. */
export const messagesWire = 'anthropic'

export const messageFormats = { event: 'anthropic message event', whole: 'anthropic message' } as const
