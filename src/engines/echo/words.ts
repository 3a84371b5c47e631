// The echo engine's tokens. A token is a word with the white space before it; words of more than 12 characters are
// several tokens.

import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import { retained, visitInSteps } from '../../system/resumable.ts'

const longestToken = 12

/** Splits `text` into tokens. The concatenation of the tokens is `text`. */
export function splitWords(text: string): readonly string[] {
	return text.match(/\s*\S{1,12}|\s+/gu) ?? []
}

/** The number of tokens, without the memory for each of them. */
export function countWords(text: string): number {
	let count = 0
	/** Code points of the word so far. */
	let length = 0
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at)
		if (isSpace(unit)) length = 0
		else if (!(isLowSurrogate(unit) && isHighSurrogate(text.charCodeAt(at - 1))) && length++ % longestToken === 0)
			count++
	}
	return text !== '' && length === 0 ? count + 1 : count
}

function isSpace(unit: number): boolean {
	if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
	return /\s/.test(String.fromCharCode(unit))
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000

/** Counts the tokens of a prompt. Images, audio and files are not counted. */
export function countPrompt(messages: readonly Message[]): number {
	const total = retained(messages, 'words', () => ({ words: 0 }))
	visitInSteps(messages, 'words', ({ content }) => {
		total.words += countWords(textOf(content))
	})
	return total.words
}
