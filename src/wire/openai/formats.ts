// Names of this wire and of its message formats. Bytes are passed along with the events read from them, and a writer of the
// same format may repeat the bytes instead of writing the message anew.

/** Value of `Rest.wire` and `ProviderItem.wire` for this wire. */
export const openaiWire = 'openai'
/** The same for the items of the Responses API, whose fields differ from those of chat messages. */
export const responsesWire = 'openai-responses'

export const chatFormats = { chunk: 'openai chat chunk', whole: 'openai chat completion' } as const
export const textCompletionFormats = { chunk: 'openai text chunk', whole: 'openai text completion' } as const
