// The echo engine's tokens. A token is a word with the white space before it; words of more than 12 characters are
// several tokens.

import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'

/** Splits `text` into tokens. The concatenation of the tokens is `text`. */
export function splitWords(text: string): readonly string[] {
	return text.match(/\s*\S{1,12}|\s+/gu) ?? []
}

export function countWords(text: string): number {
	return splitWords(text).length
}

/** Counts the tokens of a prompt. Images, audio and files are not counted. */
export function countPrompt(messages: readonly Message[]): number {
	let count = 0
	for (const message of messages) count += countWords(textOf(message.content))
	return count
}
