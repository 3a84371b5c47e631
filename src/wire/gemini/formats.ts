// Names of this wire and of its messages, which label proofs and source text.

/** Labels proofs and fields that only this wire understands. */
export const geminiWire = 'gemini'

export const geminiFormats = { chunk: 'gemini chunk', whole: 'gemini answer' } as const
