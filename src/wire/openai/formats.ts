// What messages of this wire are called where bytes are handed on with what was read from them: a writer of the same format may repeat
// them instead of writing them anew.

export const chatFormats = { chunk: 'openai chat chunk', whole: 'openai chat completion' } as const
export const textCompletionFormats = { chunk: 'openai text chunk', whole: 'openai text completion' } as const
