// What this wire and its messages are called where proofs and bytes are kept with what was read from them.

/** Name of the wire on proofs and fields that only it can read. */
export const geminiWire = 'gemini'

export const geminiFormats = { chunk: 'gemini chunk', whole: 'gemini answer' } as const
