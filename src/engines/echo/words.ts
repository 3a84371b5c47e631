// The echo engine's tokens. A token is a word with the white space before it; words of more than 12 characters are
// several tokens.

import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import { isInSteps, retained, visitInSteps } from '../../system/resumable.ts'

const longestToken = 12

/** Splits `text` into tokens. The concatenation of the tokens is `text`. */
export function splitWords(text: string): readonly string[] {
	return text.match(/\s*\S{1,12}|\s+/gu) ?? []
}

/** Tokens that were counted in the first characters of a text. */
interface WordCount {
	words: number
	/** Code points of the word so far. */
	length: number
}

/** The number of tokens, without the memory for each of them. */
export function countWords(text: string): number {
	const count: WordCount = { words: 0, length: 0 }
	addWords(count, text, 0, text.length)
	return wordsOf(count, text)
}

function addWords(count: WordCount, text: string, from: number, to: number): void {
	let { words, length } = count
	for (let at = from; at < to; at++) {
		const unit = text.charCodeAt(at)
		if (isSpace(unit)) length = 0
		else if (!(isLowSurrogate(unit) && isHighSurrogate(text.charCodeAt(at - 1))) && length++ % longestToken === 0)
			words++
	}
	count.words = words
	count.length = length
}

/** White space at the end of a text is a token of its own. */
function wordsOf({ words, length }: WordCount, text: string): number {
	return text !== '' && length === 0 ? words + 1 : words
}

/** Characters that are counted in one piece. */
const pieceCharacters = 16_384

/** `countWords` of a text that may be long, in steps. @param owner is the same object in each of them. */
function countInSteps(text: string, owner: object): number {
	if (!isInSteps() || text.length <= pieceCharacters) return countWords(text)
	const pieces = retained(owner, 'pieces', () =>
		Array.from({ length: Math.ceil(text.length / pieceCharacters) }, (_, piece) => piece * pieceCharacters),
	)
	const count = retained(pieces, 'count', (): WordCount => ({ words: 0, length: 0 }))
	visitInSteps(pieces, 'words', (from) => addWords(count, text, from, Math.min(text.length, from + pieceCharacters)))
	return wordsOf(count, text)
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
	visitInSteps(messages, 'words', (message) => {
		total.words += countInSteps(
			retained(message, 'text', () => textOf(message.content)),
			message,
		)
	})
	return total.words
}
