// Names of this wire and of its messages, which label signatures and source text.

/** Labels signatures and fields that only this wire understands. */
export const geminiWire = 'gemini'

export const geminiFormats = { chunk: 'gemini chunk', whole: 'gemini answer' } as const
